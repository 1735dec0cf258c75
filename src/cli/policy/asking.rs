//! What the command line says, as requests of the owners' API.

use super::arguments::Does;
use crate::cli::{InputError, read};
use serde_json::Value;
use std::io::Read;
use std::path::Path;
use umaverse::wire::codec::{HttpRequest, Routes, decode_request};
use umaverse::wire::{Endpoint, OwnerCall, Request, Revision, Text, Uri};

pub(super) fn calls(does: &Does, revision: Revision) -> Result<Vec<OwnerCall>, InputError> {
    let answers = |requests: &[String], approve: bool| {
        requests.iter().map(|id| OwnerCall::AnswerRequest { id: id.as_str().into(), approve }).collect()
    };
    Ok(match does {
        Does::List => vec![OwnerCall::ListPolicies],
        Does::Show { policy } => vec![OwnerCall::ReadPolicy { id: policy.as_str().into() }],
        Does::Set { file, id, if_version, new } => {
            let field = match (if_version, new) {
                (Some(version), _) => Some(("If-Match", format!("\"{version}\""))),
                (None, true) => Some(("If-None-Match", "*".to_owned())),
                (None, false) => None,
            };
            vec![set(&text(file)?, id.as_deref(), field, revision)?]
        }
        Does::Withdraw { policy, if_version } => {
            let if_match = if_version.as_deref().map(Into::into);
            vec![OwnerCall::WithdrawPolicy { id: policy.as_str().into(), if_match }]
        }
        Does::Requests => vec![OwnerCall::ListRequests],
        Does::Approve { requests } => answers(requests, true),
        Does::Deny { requests } => answers(requests, false),
        Does::Resources => vec![OwnerCall::ListResources],
        Does::Shares => vec![OwnerCall::ListShares],
        Does::Clients => vec![OwnerCall::ListClients],
        Does::Disapprove { client } => vec![OwnerCall::WithdrawApproval { client_id: client.as_str().into() }],
        Does::History => vec![OwnerCall::ReadHistory],
    })
}

fn text(file: &Path) -> Result<String, InputError> {
    if file != Path::new("-") {
        return read(file);
    }
    let mut text = String::new();
    std::io::stdin().lock().read_to_string(&mut text)?;
    Ok(text)
}

// The server's own reader reads it, so that what it would refuse is refused here and said with the same words.
fn set(
    text: &str,
    id: Option<&str>,
    field: Option<(&str, String)>,
    revision: Revision,
) -> Result<OwnerCall, InputError> {
    let policy: Value =
        serde_json::from_str(text).map_err(|error| InputError::new(format!("the policy is no JSON: {error}")))?;
    let id = id.or_else(|| policy.get("id")?.as_str());
    let id = id.ok_or_else(|| InputError::new("the policy has no name; expected a member `id`, or --id"))?;
    let segment: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    let request = HttpRequest {
        method: "PUT".into(),
        uri: Uri::new(format!("https://here/policies/{}", segment.replace('+', "%20"))),
        headers: field.into_iter().map(|(name, value)| (Text::from(name), Text::from(value))).collect(),
        body: text.as_bytes().to_vec(),
    };
    let routes = Routes::new([(Endpoint::Owner, "/")]);
    let read = decode_request(revision, &routes, &request);
    match read.message {
        Ok(Request::Owner(call)) => Ok(call),
        Ok(_) => Err(InputError::new("this is no policy")),
        Err(error) => Err(InputError::new(format!("the policy cannot be understood: {}", error.kind))),
    }
}

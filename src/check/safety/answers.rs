//! Which answers each revision has for which cause (GRT-7), and with which status.

use crate::wire::{ErrorCode, Failure, Response, Revision};

/// What is wrong with a ticket, by the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Unknown,
    Expired,
    Spent,
    AnotherClient,
    /// It goes on in the other revision of a server of two.
    AnotherRevision,
    /// It is for polling, and the interval is not over.
    TooEarly,
    /// Nothing is wrong with it.
    Good,
    /// The ledger cannot tell.
    Unclear,
}

/// What is wrong with the access token that guards an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenCause {
    Missing,
    /// Unknown there, expired or revoked.
    Invalid,
    /// Not for this API.
    OtherScope,
    Good,
}

/// RFC 6750 §3.1: who shows no token is told that one is needed and no error code; 401 `invalid_token`; 403
/// `insufficient_scope`.
pub(super) fn fit_token(cause: TokenCause, status: u16, message: &Response) -> bool {
    let code = code(message);
    match cause {
        TokenCause::Missing => status == 401 && matches!(message, Response::Failure(Failure { code: None, .. })),
        TokenCause::Invalid => status == 401 && code == Some(&ErrorCode::InvalidToken),
        TokenCause::OtherScope => status == 403 && code == Some(&ErrorCode::InsufficientScope),
        TokenCause::Good => {
            status != 401 && !matches!(code, Some(ErrorCode::InvalidToken | ErrorCode::InsufficientScope))
        }
    }
}

fn code(message: &Response) -> Option<&ErrorCode> {
    match message {
        Response::Failure(failure) => failure.code.as_ref(),
        _ => None,
    }
}

/// What only an assessment, or a look at the ticket, leads to.
pub(super) fn is_about_a_ticket(message: &Response) -> bool {
    use ErrorCode::{
        ExpiredRequesterTicket, ExpiredTicket, InvalidGrant, InvalidRequesterTicket, InvalidTicket, NotAuthorized,
        NotAuthorizedPermission, RequestDenied,
    };
    matches!(
        code(message),
        Some(
            ExpiredRequesterTicket
                | ExpiredTicket
                | InvalidGrant
                | InvalidRequesterTicket
                | InvalidTicket
                | NotAuthorized
                | NotAuthorizedPermission
                | RequestDenied
        )
    )
}

/// Whether an answer is one that a revision has for a cause.
pub(super) fn fit(revision: Revision, cause: Cause, message: &Response) -> bool {
    match revision {
        Revision::Draft05 | Revision::Draft06 => of_the_drafts(cause, message),
        Revision::V1_0_1 => of_1_0_1(cause, message),
        Revision::V2_0 => of_2_0(cause, message),
    }
}

fn names_both(message: &Response) -> bool {
    let Response::Failure(Failure { description: Some(description), .. }) = message else { return false };
    [Revision::V1_0_1, Revision::V2_0].iter().all(|revision| description.contains(revision.name()))
}

// D6 §3.4.3, §4.2. No server speaks a draft beside another revision.
fn of_the_drafts(cause: Cause, message: &Response) -> bool {
    use ErrorCode::{
        ExpiredRequesterTicket, InsufficientScope, InvalidRequest, InvalidRequesterTicket, InvalidToken,
        NotAuthorizedPermission,
    };
    let code = code(message);
    // The RPT in the body is looked at as well, by an OAuth error; nothing says which comes first.
    let of_rpt = code == Some(&InvalidToken);
    let given = matches!(message, Response::AuthorizationDataAdded);
    match cause {
        Cause::Unknown => of_rpt || code == Some(&InvalidRequesterTicket),
        // An expired ticket may have been forgotten.
        Cause::Expired => of_rpt || matches!(code, Some(ExpiredRequesterTicket | InvalidRequesterTicket)),
        // A ticket on which authorization data was added may be answered as it was (reading A6).
        Cause::Spent => of_rpt || given || matches!(code, Some(InvalidRequesterTicket | ExpiredRequesterTicket)),
        Cause::AnotherClient => of_rpt || matches!(code, Some(InvalidRequesterTicket | NotAuthorizedPermission)),
        Cause::Good | Cause::AnotherRevision | Cause::TooEarly => {
            given || is_assessed(message, &NotAuthorizedPermission)
        }
        Cause::Unclear => {
            let known = [InvalidRequesterTicket, ExpiredRequesterTicket, InvalidToken, InsufficientScope];
            given
                || is_assessed(message, &NotAuthorizedPermission)
                || code.is_some_and(|code| known.contains(code) || *code == InvalidRequest)
        }
    }
}

// V1 §3.5.3, §3.5.4, §4.2.
fn of_1_0_1(cause: Cause, message: &Response) -> bool {
    use ErrorCode::{ExpiredTicket, InsufficientScope, InvalidRequest, InvalidTicket, NotAuthorized};
    let code = code(message);
    // How an endpoint asks for a stronger sign-in is not said (our choice), and comes before the ticket.
    let wants_more = code == Some(&InsufficientScope) || asks_for_a_stronger_sign_in(message);
    let given = matches!(message, Response::RptGranted(_));
    match cause {
        // An expired ticket may have been forgotten.
        Cause::Expired => wants_more || matches!(code, Some(ExpiredTicket | InvalidTicket)),
        // A ticket that led to an RPT is invalid (§3.2.2), as is one that another client presented before (our choice).
        Cause::Unknown | Cause::Spent | Cause::AnotherClient => wants_more || code == Some(&InvalidTicket),
        // The specified error, with a message that names both revisions.
        Cause::AnotherRevision => wants_more || (code == Some(&InvalidTicket) && names_both(message)),
        Cause::Good | Cause::TooEarly => wants_more || given || is_assessed(message, &NotAuthorized),
        Cause::Unclear => {
            let known = matches!(code, Some(ExpiredTicket | InvalidTicket | InvalidRequest));
            wants_more || given || known || is_assessed(message, &NotAuthorized)
        }
    }
}

// G2 §3.3.5, §3.3.6.
fn of_2_0(cause: Cause, message: &Response) -> bool {
    use ErrorCode::{InvalidGrant, InvalidRequest, InvalidScope, RequestDenied, UnauthorizedClient};
    let code = code(message);
    // Whether the client may ask at all comes before the ticket, as do the bytes of the request.
    let of_request = matches!(code, Some(UnauthorizedClient | InvalidRequest));
    let given = matches!(message, Response::Token(_));
    match cause {
        Cause::Unknown | Cause::Expired | Cause::Spent | Cause::AnotherClient => {
            of_request || code == Some(&InvalidGrant)
        }
        Cause::AnotherRevision => of_request || (code == Some(&InvalidGrant) && names_both(message)),
        // What the owner said is not told before the interval is over (our choice `early-poll`).
        Cause::TooEarly => {
            of_request || matches!(message, Response::RequestSubmitted { ticket: Some(_), .. }) || {
                code == Some(&InvalidGrant)
            }
        }
        Cause::Good => of_request || given || code == Some(&InvalidScope) || is_assessed(message, &RequestDenied),
        Cause::Unclear => {
            let known = matches!(code, Some(InvalidScope | InvalidGrant));
            of_request || given || known || is_assessed(message, &RequestDenied)
        }
    }
}

fn asks_for_a_stronger_sign_in(message: &Response) -> bool {
    matches!(message, Response::InfoNeeded(details)
        if !details.required_acr.is_empty() && details.requesting_party_claims.is_none())
}

/// A denial, or more is needed, in the form that the revision with this code for a denial has.
fn is_assessed(message: &Response, denied: &ErrorCode) -> bool {
    let v2 = *denied == ErrorCode::RequestDenied;
    match message {
        // G2 §3.3.6: a ticket and a hint; the drafts have neither.
        Response::NeedInfo { ticket, required_claims, redirect_user } => {
            let hint = !required_claims.is_empty() || redirect_user.is_some();
            if v2 { ticket.is_some() && hint } else { *denied == ErrorCode::NotAuthorizedPermission }
        }
        // V1 §3.5.4, §3.5.4.2: `error_details` may be missing, and about claims at least one of `required_claims` and
        // `redirect_user` is said.
        Response::InfoNeeded(details) => {
            let claims = details.requesting_party_claims.as_ref();
            *denied == ErrorCode::NotAuthorized
                && claims.is_none_or(|claims| claims.redirect_user || !claims.required_claims.is_empty())
        }
        Response::RequestSubmitted { ticket, .. } => ticket.is_some() == v2,
        Response::Failure(failure) => failure.code.as_ref() == Some(denied),
        _ => false,
    }
}

/// Whether an answer has the status that the text gives it.
pub(super) fn status_fits(revision: Revision, status: u16, message: &Response) -> bool {
    use ErrorCode::{
        ExpiredRequesterTicket, ExpiredTicket, InvalidGrant, InvalidRequest, InvalidRequesterTicket, InvalidScope,
        InvalidTicket, InvalidToken, UnauthorizedClient,
    };
    match message {
        // V1 §3.5.4 gives it no status of its own.
        Response::RequestSubmitted { .. } if revision == Revision::V1_0_1 => (400..500).contains(&status),
        Response::NeedInfo { .. } | Response::InfoNeeded(_) | Response::RequestSubmitted { .. } => status == 403,
        Response::RptGranted(_) | Response::Token(_) => status == 200,
        // D6 §3.4.3 says nothing of a success.
        Response::AuthorizationDataAdded => revision.is_draft() && status / 100 == 2,
        Response::Failure(failure) => match failure.code {
            Some(InvalidGrant | InvalidScope | InvalidRequest | UnauthorizedClient) => status == 400,
            Some(InvalidTicket | ExpiredTicket | InvalidRequesterTicket | ExpiredRequesterTicket) => status == 400,
            Some(InvalidToken) => status == 401,
            // Denials, and a scope that the token lacks.
            Some(_) => status == 403,
            None => false,
        },
        _ => false,
    }
}

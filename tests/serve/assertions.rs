//! `umaverse get` with a SAML assertion from a file: authorization server and identity provider are nodes, and the
//! assertion is signed with the provider's real key.

use crate::ecosystem::{Ecosystem, free_port};
use crate::whole_flow::{get, share};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};
use umaverse::role::{Crypto, SigningKey};
use umaverse::transport::crypto::NodeCrypto;
use umaverse::wire::saml::Assertion;
use umaverse::wire::{Duration, PolicyCondition, SamlAssertion, Timestamp, Uri};

// The key in the provider's file, by the name under which it publishes it.
fn key(ecosystem: &Ecosystem) -> SigningKey {
    let text = fs::read_to_string(ecosystem.file("idp.key")).unwrap();
    let secret: [u8; 32] = URL_SAFE_NO_PAD.decode(text.trim()).unwrap().try_into().unwrap();
    let kid = URL_SAFE_NO_PAD.encode(&Sha256::new().chain_update("kid").chain_update(secret).finalize()[..9]);
    SigningKey { kid: kid.into(), secret }
}

pub(crate) fn about_bob(ecosystem: &Ecosystem, provider: &Uri, id: &str) -> SamlAssertion {
    let now = Timestamp::from_secs(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs());
    let end = now + Duration::from_secs(300);
    let issuer = ecosystem.issuer();
    let assertion = Assertion {
        id: id.into(),
        issuer: provider.clone(),
        issued_at: now,
        subject: "bob".into(),
        recipient: Some(issuer.join("/token")),
        confirmed_until: Some(end),
        audience: BTreeSet::from([issuer]),
        not_before: Some(now),
        not_on_or_after: Some(end),
    };
    NodeCrypto.sign_assertion(&key(ecosystem), &assertion)
}

pub(crate) fn taking_assertions(revision: &'static str) -> (Ecosystem, Uri) {
    let ecosystem = Ecosystem::new(revision);
    let provider = ecosystem.add_identity_provider();
    let text = fs::read_to_string(ecosystem.file("as.toml")).unwrap();
    let takes = format!("[authorization-server]\ntakes-assertions-of = [\"{provider}\"]\n");
    fs::write(ecosystem.file("as.toml"), text.replace("[authorization-server]\n", &takes)).unwrap();
    (ecosystem, provider)
}

pub(crate) fn only_bob(ecosystem: &Ecosystem) -> PolicyCondition {
    PolicyCondition::RequestingParty { issuer: ecosystem.issuer(), subject: "bob".into() }
}

#[test]
fn a_file_comes_out_for_an_assertion_once_and_for_no_other() {
    for revision in ["draft-05", "draft-06"] {
        let (ecosystem, provider) = taking_assertions(revision);
        let (server, resources) = (ecosystem.start("as"), ecosystem.start("rs"));
        let _provider = ecosystem.start("idp");
        let assertion = about_bob(&ecosystem, &provider, "assertion-1");
        let file = ecosystem.file("bob.assertion");
        fs::write(&file, format!("{}\n", assertion.expose())).unwrap();
        actix_rt::System::new().block_on(share(&ecosystem, only_bob(&ecosystem)));
        let asked = |file: &std::path::Path| {
            let out = get(&ecosystem, &["--wait", "20", "--assertion", file.to_str().unwrap()]).output().unwrap();
            (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
        };
        let (code, said) = asked(&file);
        assert_eq!(code, Some(0), "{revision}: {said}");
        assert!(fs::read(ecosystem.file("came.jpg")).unwrap() == ecosystem.photo, "not byte for byte");
        for step in ["SAML assertion for a token", "an AAT from", "by an assertion", "an RPT from"] {
            assert!(said.contains(step), "no `{step}` in\n{said}");
        }
        assert!(!said.contains("Open this in a browser"), "{said}");
        fs::remove_file(ecosystem.file("came.jpg")).unwrap();
        // RFC 7522 §3: presented a second time, and changed by one byte of what was signed.
        let xml = String::from_utf8(URL_SAFE_NO_PAD.decode(assertion.expose()).unwrap()).unwrap();
        let alice = ecosystem.file("alice.xml");
        fs::write(&alice, xml.replace(">bob<", ">alice<")).unwrap();
        assert_ne!(fs::read_to_string(&alice).unwrap(), xml);
        for file in [&file, &alice] {
            let (code, said) = asked(file);
            assert_eq!(code, Some(1), "{revision}: {said}");
            assert!(said.contains("invalid_grant") && !ecosystem.file("came.jpg").exists(), "{said}");
        }
        // The same as XML, under another name, is as good as the first.
        let second = about_bob(&ecosystem, &provider, "assertion-2");
        fs::write(&file, URL_SAFE_NO_PAD.decode(second.expose()).unwrap()).unwrap();
        assert_eq!(asked(&file).0, Some(0));
        let logs = format!("{said}{}{}", server.log(), resources.log());
        assert!(!logs.contains(&assertion.expose()[..60]) && !logs.contains(&xml[..60]), "an assertion is in a log");
    }
}

#[test]
fn an_assertion_is_for_revisions_with_aats_and_for_issuers_that_are_believed() {
    let ecosystem = Ecosystem::new("2.0");
    fs::write(ecosystem.file("some"), "about-bob").unwrap();
    let out = get(&ecosystem, &["--assertion", ecosystem.file("some").to_str().unwrap()]).output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(2), "{said}");
    assert!(said.contains("2.0 has no AATs; expected a revision with AATs") && !said.contains("about-bob"), "{said}");
    let ecosystem = Ecosystem::new("draft-06");
    let (_as, _rs) = (ecosystem.start("as"), ecosystem.start("rs"));
    actix_rt::System::new().block_on(share(&ecosystem, PolicyCondition::Anyone));
    fs::write(ecosystem.file("idp.key"), URL_SAFE_NO_PAD.encode([9; 32])).unwrap();
    let nobody = Uri::new(format!("http://idp.localhost:{}", free_port()));
    fs::write(ecosystem.file("some"), about_bob(&ecosystem, &nobody, "assertion-3").expose()).unwrap();
    let out = get(&ecosystem, &["--assertion", ecosystem.file("some").to_str().unwrap()]).output().unwrap();
    assert_eq!(out.status.code(), Some(1), "{}", String::from_utf8_lossy(&out.stderr));
}

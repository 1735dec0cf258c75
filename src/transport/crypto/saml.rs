//! SAML assertions in XML (SAML core §2.3, §5.4): written and signed, and read from nothing but the element that a
//! signature covers. The library does the signature and the parsing; here stands what a document has to look like before
//! it is asked, which is so narrow that there is one place where an assertion can be, and no place to hide another.

use super::{bytes, rsa_public, sec1};
use crate::role::SigningKey;
use crate::wire::jws::{EDDSA, ES256, Jwk, PublicKey, RS256};
use crate::wire::saml::Assertion;
use crate::wire::{PersonId, SamlAssertion, Timestamp, Uri};
use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use bergshamra_dsig::{DsigContext, VerifyResult};
use bergshamra_keys::{Key, KeysManager, loader};
use std::collections::BTreeSet;
use uppsala::{Document, NodeId, NodeKind};

const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const EDDSA_METHOD: &str = "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519";
const METHODS: [&str; 3] = [
    EDDSA_METHOD,
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
];

/// How long an assertion may be, octets of XML.
const LENGTH_MAX: usize = 64 * 1024;
/// How deep elements may stand in each other.
const DEPTH_MAX: u32 = 32;

// ---- writing

/// Writes an assertion and signs it (SAML core §5.4.1: enveloped, by reference to the assertion's own identifier).
pub(super) fn sign(key: &SigningKey, assertion: &Assertion) -> SamlAssertion {
    let mut keys = KeysManager::new();
    // A seed of 32 octets is always an Ed25519 key, and a template of ours always one that can be signed.
    let signed = loader::load_ed25519_private_pkcs8_der(&[&PKCS8_ED25519[..], &key.secret].concat())
        .map(|key| keys.add_key(key))
        .and_then(|()| bergshamra_dsig::sign::sign_owned(&DsigContext::new(keys), template(key, assertion)));
    SamlAssertion::new(URL_SAFE_NO_PAD.encode(signed.unwrap_or_default()))
}

// RFC 8410 §7: what stands before the seed in PKCS #8.
const PKCS8_ED25519: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
// RFC 8410 §4: what stands before the key in a SubjectPublicKeyInfo.
const SPKI_ED25519: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
// RFC 5480 §2: the same for an uncompressed point of P-256.
const SPKI_P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 3,
    0x42, 0,
];

fn template(key: &SigningKey, assertion: &Assertion) -> String {
    let id = escaped(&assertion.id);
    let signature = format!(
        r##"<ds:Signature xmlns:ds="{DSIG}"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/><ds:SignatureMethod Algorithm="{EDDSA_METHOD}"/><ds:Reference URI="#{id}"><ds:Transforms><ds:Transform Algorithm="{ENVELOPED}"/><ds:Transform Algorithm="{EXCLUSIVE}"/></ds:Transforms><ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue></ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue></ds:SignatureValue><ds:KeyInfo><ds:KeyName>{}</ds:KeyName></ds:KeyInfo></ds:Signature>"##,
        escaped(&key.kid)
    );
    format!(
        r#"<saml:Assertion xmlns:saml="{SAML}" ID="{id}" Version="2.0" IssueInstant="{}"><saml:Issuer>{}</saml:Issuer>{signature}{}{}<saml:AuthnStatement AuthnInstant="{}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement></saml:Assertion>"#,
        instant(assertion.issued_at),
        escaped(assertion.issuer.as_str()),
        subject(assertion),
        conditions(assertion),
        instant(assertion.issued_at),
    )
}

fn subject(assertion: &Assertion) -> String {
    let recipient = assertion.recipient.as_ref().map(Uri::as_str);
    let data = attribute("Recipient", recipient) + &time("NotOnOrAfter", assertion.confirmed_until);
    format!(
        r#"<saml:Subject><saml:NameID>{}</saml:NameID><saml:SubjectConfirmation Method="{BEARER}"><saml:SubjectConfirmationData{data}/></saml:SubjectConfirmation></saml:Subject>"#,
        escaped(assertion.subject.as_str())
    )
}

fn conditions(assertion: &Assertion) -> String {
    let times = time("NotBefore", assertion.not_before) + &time("NotOnOrAfter", assertion.not_on_or_after);
    let audience: String = assertion
        .audience
        .iter()
        .map(|party| format!("<saml:Audience>{}</saml:Audience>", escaped(party.as_str())))
        .collect();
    let restriction = if audience.is_empty() {
        String::new()
    } else {
        format!("<saml:AudienceRestriction>{audience}</saml:AudienceRestriction>")
    };
    format!("<saml:Conditions{times}>{restriction}</saml:Conditions>")
}

fn time(name: &str, at: Option<Timestamp>) -> String {
    attribute(name, at.map(instant).as_deref())
}

fn attribute(name: &str, value: Option<&str>) -> String {
    value.map(|value| format!(r#" {name}="{}""#, escaped(value))).unwrap_or_default()
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut written, one| {
        match one {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' => written.push_str("&quot;"),
            other => written.push(other),
        }
        written
    })
}

// ---- reading

/// Who is said to have issued an assertion, before any signature was looked at.
pub(super) fn issuer(encoded: &SamlAssertion) -> Option<Uri> {
    let xml = decoded(encoded)?;
    let document = parsed(&xml)?;
    let root = Layout::of(&document)?.assertion;
    text_of(&document, only_child(&document, root, SAML, "Issuer")?).map(Uri::new)
}

/// The assertion that one of these keys signed. `None` for everything else.
pub(super) fn read(keys: &[Jwk], encoded: &SamlAssertion) -> Option<Assertion> {
    let xml = decoded(encoded)?;
    let document = parsed(&xml)?;
    let layout = Layout::of(&document)?;
    is_signed(keys, &document, &layout)?;
    assertion(&document, layout.assertion)
}

fn decoded(encoded: &SamlAssertion) -> Option<String> {
    let text = encoded.expose();
    if text.len() > LENGTH_MAX * 4 / 3 + 4 {
        return None;
    }
    // RFC 7522 §2.1: without padding "SHOULD"; who pads all the same is understood.
    let bytes = URL_SAFE_NO_PAD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()?;
    String::from_utf8(bytes).ok()
}

// No document type, so no entities; and no comments, sections or instructions, which split a text in two for some
// readers and not for others.
fn parsed(xml: &str) -> Option<Document<'_>> {
    let declared = xml.strip_prefix("<?xml ").unwrap_or(xml);
    if declared.contains("<!") || declared.contains("<?") {
        return None;
    }
    let parser = uppsala::Parser::new().with_forbid_dtd(true).with_forbid_entities(true).with_max_depth(DEPTH_MAX);
    parser.parse(xml).ok()
}

/// Where things stand in a document that can be looked at further.
struct Layout {
    /// The root, and the only assertion.
    assertion: NodeId,
    /// Its child, and the only signature.
    signature: NodeId,
}

impl Layout {
    fn of(document: &Document<'_>) -> Option<Self> {
        let assertion = document.document_element().filter(|root| is(document, *root, SAML, "Assertion"))?;
        let signature = only_child(document, assertion, DSIG, "Signature")?;
        let all = document.descendants(document.root());
        let one = |namespace: &str, name: &str| all.iter().filter(|node| is(document, **node, namespace, name)).count();
        // SAML core §5.4.2: "a single <ds:Reference> ... a same-document reference to the ID of the root element".
        let single = one(SAML, "Assertion") == 1 && one(DSIG, "Signature") == 1 && one(DSIG, "Reference") == 1;
        let layout = Self { assertion, signature };
        (single && ids_are_one(document, &all) && layout.refers_to_root(document)?).then_some(layout)
    }

    fn refers_to_root(&self, document: &Document<'_>) -> Option<bool> {
        let id = document.get_attribute(self.assertion, "ID").filter(|id| !id.is_empty())?;
        let signed_info = only_child(document, self.signature, DSIG, "SignedInfo")?;
        let reference = only_child(document, signed_info, DSIG, "Reference")?;
        let transforms = only_child(document, reference, DSIG, "Transforms")?;
        let algorithm = |node: NodeId| document.get_attribute(node, "Algorithm");
        let method = |parent, name| only_child(document, parent, DSIG, name).and_then(algorithm);
        let used: Vec<Option<&str>> = elements(document, transforms).into_iter().map(algorithm).collect();
        Some(
            document.get_attribute(reference, "URI") == Some(format!("#{id}").as_str())
                && used == [Some(ENVELOPED), Some(EXCLUSIVE)]
                && method(reference, "DigestMethod") == Some(SHA256)
                && method(signed_info, "CanonicalizationMethod") == Some(EXCLUSIVE)
                && method(signed_info, "SignatureMethod").is_some_and(|method| METHODS.contains(&method))
                && self.signature_has_nothing_else(document),
        )
    }

    // SAML core §5.4.1 and the wrapping attacks: no `Object`, and of key hints only names and certificates, which are
    // not looked at.
    fn signature_has_nothing_else(&self, document: &Document<'_>) -> bool {
        let known = ["SignedInfo", "SignatureValue", "KeyInfo"];
        let hints = ["KeyName", "X509Data"];
        elements(document, self.signature).into_iter().all(|child| {
            known.iter().any(|name| is(document, child, DSIG, name))
                && (!is(document, child, DSIG, "KeyInfo")
                    || elements(document, child)
                        .into_iter()
                        .all(|hint| hints.iter().any(|name| is(document, hint, DSIG, name))))
        })
    }
}

// One element has an identifier, so that a reference cannot mean another one.
fn ids_are_one(document: &Document<'_>, all: &[NodeId]) -> bool {
    let attributes = all.iter().filter_map(|node| document.element(*node)).flat_map(|element| &element.attributes);
    attributes.filter(|attribute| attribute.name.local_name.eq_ignore_ascii_case("id")).count() == 1
}

fn is_signed(keys: &[Jwk], document: &Document<'_>, layout: &Layout) -> Option<()> {
    let mut manager = KeysManager::new();
    manager.add_keys(keys.iter().filter_map(verifying_key));
    let context = DsigContext::new(manager);
    match bergshamra_dsig::verify::verify_document(&context, document).ok()? {
        VerifyResult::Valid { signature_node, references, .. } => {
            let [reference] = references.as_slice() else { return None };
            let covered = reference.digest_verified && reference.resolved_node == Some(layout.assertion);
            (covered && signature_node == layout.signature).then_some(())
        }
        VerifyResult::Invalid { .. } => None,
    }
}

fn verifying_key(key: &Jwk) -> Option<Key> {
    let info = match (&*key.alg, &key.public) {
        (EDDSA, PublicKey::Okp { x, .. }) => [&SPKI_ED25519[..], &bytes(x)?].concat(),
        (ES256, PublicKey::Ec { x, y, .. }) => [&SPKI_P256[..], &sec1(x, y)?].concat(),
        (RS256, PublicKey::Rsa { n, e }) => {
            use rsa::pkcs8::EncodePublicKey;
            rsa_public(n, e)?.to_public_key_der().ok()?.into_vec()
        }
        _ => return None,
    };
    loader::load_spki_der(&info).or_else(|_| loader::load_ed25519_public_spki_der(&info)).ok()
}

fn assertion(document: &Document<'_>, root: NodeId) -> Option<Assertion> {
    let child = |parent, name| only_child(document, parent, SAML, name);
    let subject = child(root, "Subject")?;
    let confirmation = child(subject, "SubjectConfirmation")?;
    // RFC 7522 §3 item 5 a.
    if document.get_attribute(confirmation, "Method") != Some(BEARER) {
        return None;
    }
    let data = child(confirmation, "SubjectConfirmationData")?;
    let conditions = child(root, "Conditions")?;
    // RFC 7522 §3 item 7 and SAML core §2.5.1.2: a condition that is not understood makes an assertion indeterminate.
    let known = |node: &NodeId| is(document, *node, SAML, "AudienceRestriction");
    if !elements(document, conditions).iter().all(known) {
        return None;
    }
    let at = |node, name| moment(document, node, name);
    Some(Assertion {
        id: document.get_attribute(root, "ID")?.into(),
        issuer: Uri::new(text_of(document, child(root, "Issuer")?)?),
        issued_at: at(root, "IssueInstant")??,
        subject: PersonId::new(text_of(document, child(subject, "NameID")?)?),
        recipient: document.get_attribute(data, "Recipient").map(Uri::from),
        confirmed_until: at(data, "NotOnOrAfter")?,
        audience: audience(document, conditions)?,
        not_before: later(at(conditions, "NotBefore")?, at(data, "NotBefore")?),
        not_on_or_after: at(conditions, "NotOnOrAfter")?,
    })
}

fn later(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).max()
}

// SAML core §2.5.1.4: several restrictions must all be met, which one set cannot say; one is what RFC 7522 needs.
fn audience(document: &Document<'_>, conditions: NodeId) -> Option<BTreeSet<Uri>> {
    let restrictions = elements(document, conditions);
    let [restriction] = restrictions.as_slice() else {
        return restrictions.is_empty().then(BTreeSet::new);
    };
    elements(document, *restriction).into_iter().map(|party| text_of(document, party).map(Uri::new)).collect()
}

// `None` for text that is no time, `Some(None)` for no text.
fn moment(document: &Document<'_>, node: NodeId, name: &str) -> Option<Option<Timestamp>> {
    match document.get_attribute(node, name) {
        Some(text) => timestamp(text).map(Some),
        None => Some(None),
    }
}

// ---- the document

fn is(document: &Document<'_>, node: NodeId, namespace: &str, name: &str) -> bool {
    document.element(node).is_some_and(|element| element.matches_name_ns(namespace, name))
}

fn elements(document: &Document<'_>, parent: NodeId) -> Vec<NodeId> {
    document.children(parent).into_iter().filter(|node| document.element(*node).is_some()).collect()
}

fn only_child(document: &Document<'_>, parent: NodeId, namespace: &str, name: &str) -> Option<NodeId> {
    let named: Vec<NodeId> =
        elements(document, parent).into_iter().filter(|node| is(document, *node, namespace, name)).collect();
    if let [only] = named.as_slice() { Some(*only) } else { None }
}

// Text and nothing else: an element inside would be read differently by different readers.
fn text_of(document: &Document<'_>, node: NodeId) -> Option<String> {
    let mut text = String::new();
    for child in document.children(node) {
        match document.node_kind(child)? {
            NodeKind::Text(part) => text.push_str(part),
            _ => return None,
        }
    }
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

// ---- xs:dateTime in UTC (SAML core §1.3.3)

fn instant(at: Timestamp) -> String {
    let (days, secs) = (at.secs() / 86_400, at.secs() % 86_400);
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", secs / 3600, secs / 60 % 60, secs % 60)
}

// The days of 400 years are a whole cycle; years begin in March, so that the leap day comes last.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let month = if march < 10 { march + 3 } else { march - 9 };
    (year + era * 400 + u64::from(month <= 2), month, of_year - (153 * march + 2) / 5 + 1)
}

fn days_of(year: u64, month: u64, day: u64) -> Option<u64> {
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let march = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * march + 2) / 5 + day.checked_sub(1)?;
    (era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year).checked_sub(719_468)
}

// A fraction of a second is cut off; an end comes a little earlier then, never later.
fn timestamp(text: &str) -> Option<Timestamp> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let time = time.split_once('.').map_or(time, |(whole, _)| whole);
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let days = days_of(year, month, day)?;
    let real = civil(days) == (year, month, day) && hour < 24 && minute < 60 && second < 60;
    real.then(|| Timestamp::from_secs(days * 86_400 + hour * 3600 + minute * 60 + second))
}

fn numbers(text: &str, between: char) -> Option<[u64; 3]> {
    let digits = |part: &str| {
        (!part.is_empty() && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse().ok())
            .flatten()
    };
    let parts: Option<Vec<u64>> = text.split(between).map(digits).collect();
    parts?.try_into().ok()
}

#[cfg(test)]
#[path = "saml_tests.rs"]
mod tests;

#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

use super::*;
use crate::role::Crypto;
use crate::transport::crypto::NodeCrypto;
use crate::wire::saml::tests::assertion as sample;

fn key(byte: u8) -> SigningKey {
    SigningKey { kid: "k".into(), secret: [byte; 32] }
}

fn keys() -> Vec<Jwk> {
    vec![NodeCrypto.public(&key(1))]
}

fn xml_of(encoded: &SamlAssertion) -> String {
    decoded(encoded).unwrap()
}

fn encoded(xml: &str) -> SamlAssertion {
    SamlAssertion::new(URL_SAFE_NO_PAD.encode(xml))
}

fn good() -> String {
    xml_of(&sign(&key(1), &sample()))
}

fn refused(what: &str, xml: &str) {
    assert_eq!(read(&keys(), &encoded(xml)), None, "{what}: {xml}");
}

#[test]
fn what_is_signed_is_read_as_it_was() {
    let signed = sign(&key(1), &sample());
    assert_eq!(read(&keys(), &signed), Some(sample()));
    assert_eq!(issuer(&signed), Some(sample().issuer));
    let odd = Assertion {
        subject: "<b&b \"é'>".into(),
        recipient: None,
        not_before: None,
        confirmed_until: None,
        audience: BTreeSet::from(["https://a.example/?a=1&b=2".into(), "https://b.example".into()]),
        ..sample()
    };
    assert_eq!(read(&keys(), &sign(&key(1), &odd)), Some(odd));
}

#[test]
fn every_key_of_the_issuer_counts_and_no_other() {
    let older = vec![NodeCrypto.public(&key(2)), NodeCrypto.public(&key(1))];
    assert_eq!(read(&older, &sign(&key(1), &sample())), Some(sample()));
    assert_eq!(read(&keys(), &sign(&key(2), &sample())), None);
    assert_eq!(read(&[], &sign(&key(1), &sample())), None);
}

#[test]
fn whatever_is_changed_breaks_it() {
    let xml = good();
    for (from, to) in [
        (">bob<", ">eve<"),
        ("https://as.example/token", "https://as.evil.example/token"),
        ("<saml:Audience>https://as.example<", "<saml:Audience>https://as2.example<"),
        ("NotOnOrAfter=\"1970", "NotOnOrAfter=\"2970"),
        ("<saml:Issuer>https://idp.example<", "<saml:Issuer>https://idq.example<"),
        ("Version=\"2.0\"", "Version=\"2.1\""),
        ("ID=\"_a1\"", "ID=\"_a2\""),
        ("URI=\"#_a1\"", "URI=\"\""),
        ("URI=\"#_a1\"", "URI=\"#_a2\""),
        ("<ds:DigestValue>", "<ds:DigestValue>A"),
        ("<ds:SignatureValue>", "<ds:SignatureValue>A"),
    ] {
        assert!(xml.contains(from), "{from} is not there");
        refused(from, &xml.replacen(from, to, 1));
    }
}

#[test]
fn without_a_signature_it_is_nothing() {
    let xml = good();
    let (before, rest) = xml.split_once("<ds:Signature ").unwrap();
    let (_, after) = rest.split_once("</ds:Signature>").unwrap();
    let unsigned = format!("{before}{after}");
    refused("unsigned", &unsigned);
    assert_eq!(issuer(&encoded(&unsigned)), None);
}

/// The genuine assertion, its signature, the same without it, and a forged one that nobody signed.
struct Parts {
    genuine: String,
    signature: String,
    bare: String,
    forged: String,
}

fn parts() -> Parts {
    let genuine = good();
    let from = genuine.find("<ds:Signature ").unwrap();
    let to = genuine.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let signature = genuine[from..to].to_owned();
    let bare = genuine.replacen(&signature, "", 1);
    let forged = bare.replacen(">bob<", ">eve<", 1).replacen("_a1", "_evil", 1);
    Parts { genuine, signature, bare, forged }
}

fn inside(assertion: &str, more: &str) -> String {
    assertion.replacen("</saml:Assertion>", &format!("{more}</saml:Assertion>"), 1)
}

fn with_object(signature: &str, object: &str) -> String {
    signature.replacen("</ds:Signature>", &format!("<ds:Object>{object}</ds:Object></ds:Signature>"), 1)
}

fn after_issuer(assertion: &str, more: &str) -> String {
    assertion.replacen("</saml:Issuer>", &format!("</saml:Issuer>{more}"), 1)
}

// Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be" (2012): XSW1 and XSW2 are about responses, here about
// any element around the assertion.
#[test]
fn signature_wrapping_is_refused_in_every_classic_form() {
    let Parts { genuine, signature, bare, forged } = parts();
    let around =
        |content: &str| format!("<Response xmlns=\"urn:oasis:names:tc:SAML:2.0:protocol\">{content}</Response>");
    let extension = |content: &str| format!("<Extensions>{content}</Extensions>");
    let forged_same_id = forged.replacen("_evil", "_a1", 1);
    let forms = [
        ("XSW1: a copy of the whole inside the signature", after_issuer(&forged, &with_object(&signature, &bare))),
        ("XSW1 around", around(&format!("{forged}{}", with_object(&signature, &genuine)))),
        ("XSW2: the signature beside the original", around(&format!("{forged}{signature}{bare}"))),
        ("XSW3: the forged one before the original", around(&format!("{forged}{genuine}"))),
        ("XSW4: the original inside the forged one", inside(&forged, &genuine)),
        (
            "XSW5: the signature in the forged one, the original at the end",
            around(&format!("{}{bare}", after_issuer(&forged, &signature))),
        ),
        (
            "XSW6: the original inside the signature of the forged one",
            around(&after_issuer(&forged, &with_object(&signature, &bare))),
        ),
        ("XSW7: the forged one in extensions", around(&format!("{}{genuine}", extension(&forged)))),
        ("XSW7 inside", inside(&genuine, &extension(&forged))),
        (
            "XSW8: the original in an object of the forged one's signature",
            around(&after_issuer(&forged, &with_object(&signature, &extension(&bare)))),
        ),
        ("the same identifier twice", after_issuer(&forged_same_id, &with_object(&signature, &bare))),
        ("the same identifier twice, inside", inside(&after_issuer(&forged_same_id, &signature), &bare)),
        ("two assertions", format!("{forged}{genuine}")),
        ("two signatures", genuine.replacen(&signature, &format!("{signature}{signature}"), 1)),
        (
            "the signature further down",
            bare.replacen("<saml:Conditions", &format!("<x>{signature}</x><saml:Conditions"), 1),
        ),
    ];
    for (what, xml) in forms {
        refused(what, &xml);
    }
}

#[test]
fn document_types_entities_comments_and_instructions_are_refused() {
    let xml = good();
    let entity = "<!DOCTYPE x [<!ENTITY who \"eve\">]>";
    refused("a document type", &format!("<!DOCTYPE x>{xml}"));
    refused("an entity", &format!("{entity}{}", xml.replacen(">bob<", ">&who;<", 1)));
    let laughs = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    refused("laughs", &format!("{laughs}{}", xml.replacen(">bob<", ">&b;<", 1)));
    refused("an external entity", &format!("<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>{xml}"));
    // Canonical form drops comments, so the signature would hold.
    refused("a comment", &xml.replacen(">bob<", ">bo<!---->b<", 1));
    refused("an instruction", &xml.replacen(">bob<", ">bob<?x?><", 1));
    assert_eq!(
        read(&keys(), &encoded(&format!("<?xml version=\"1.0\"?>{xml}"))),
        Some(sample()),
        "a declaration is fine"
    );
}

#[test]
fn what_is_too_large_too_deep_or_no_xml_is_refused() {
    refused("large", &(good() + &" ".repeat(LENGTH_MAX)));
    refused("deep", &inside(&good(), &("<x>".repeat(100) + &"</x>".repeat(100))));
    refused("no end", &good()[..200]);
    for text in ["", "?", "e30", "PGEvPg"] {
        assert_eq!(read(&keys(), &SamlAssertion::new(text)), None);
        assert_eq!(issuer(&SamlAssertion::new(text)), None);
    }
}

#[test]
fn keys_that_the_document_brings_along_and_weak_algorithms_are_refused() {
    let xml = good();
    let info = "<ds:KeyName>k</ds:KeyName>";
    assert!(xml.contains(info));
    refused("a key value", &xml.replacen(info, "<ds:KeyValue><x/></ds:KeyValue>", 1));
    refused("retrieval", &xml.replacen(info, "<ds:RetrievalMethod URI=\"file:///etc/passwd\"/>", 1));
    for (from, to) in [
        (EDDSA_METHOD, "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        (EDDSA_METHOD, "http://www.w3.org/2000/09/xmldsig#hmac-sha1"),
        (SHA256, "http://www.w3.org/2000/09/xmldsig#sha1"),
        (ENVELOPED, "http://www.w3.org/TR/1999/REC-xslt-19991116"),
    ] {
        refused(to, &xml.replacen(from, to, 1));
    }
}

#[test]
fn times_are_written_and_read_to_the_second() {
    for (secs, text) in [
        (0, "1970-01-01T00:00:00Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (1_700_000_000, "2023-11-14T22:13:20Z"),
        (4_107_542_399, "2100-02-28T23:59:59Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"),
    ] {
        assert_eq!(instant(Timestamp::from_secs(secs)), text);
        assert_eq!(timestamp(text), Some(Timestamp::from_secs(secs)));
    }
    assert_eq!(timestamp("2023-11-14T22:13:20.999Z"), Some(Timestamp::from_secs(1_700_000_000)));
    for text in ["", "2023-02-29T00:00:00Z", "2023-11-14T24:00:00Z", "2023-11-14T22:13:20", "2023-11-14T22:13:20+01:00"]
    {
        assert_eq!(timestamp(text), None, "{text}");
    }
}

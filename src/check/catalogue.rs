//! Every invariant: id, name, where it comes from, and how much a violation weighs in which revision.

use crate::check::Level;
use crate::wire::Revision;

/// One invariant of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub(crate) variant: Id,
    /// Its id, such as `TKT-1`.
    pub id: &'static str,
    /// Its name, a kebab sentence.
    pub name: &'static str,
    /// Where it comes from: D6, V1 (Core 1.0.1), G2 (Grant), F2 (FedAuthz), RSR and the RFCs.
    pub spec: &'static str,
    draft06: Option<Level>,
    v1_0_1: Option<Level>,
    v2_0: Option<Level>,
}

impl Row {
    /// True for an invariant that only a world with a server of two revisions can break.
    pub(crate) const fn needs_two(&self) -> bool {
        matches!(self.variant, Id::Tkt9)
    }

    /// How much a violation weighs in a revision; `None` where the invariant does not apply.
    pub const fn level(&self, revision: Revision) -> Option<Level> {
        match revision {
            Revision::Draft05 | Revision::Draft06 => self.draft06,
            Revision::V1_0_1 => self.v1_0_1,
            Revision::V2_0 => self.v2_0,
        }
    }
}

const ERROR: Option<Level> = Some(Level::Error);
const WARN: Option<Level> = Some(Level::Warn);
const OUTCOME: Option<Level> = Some(Level::Outcome);
const NO: Option<Level> = None;

macro_rules! catalogue {
    ($($variant:ident $id:literal $name:literal, $draft06:ident, $v1_0_1:ident, $v2_0:ident, $spec:literal;)*) => {
        /// Names an invariant inside this module; its number is its place in [`ROWS`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Id { $($variant,)* }

        /// Every invariant, in the order in which verdicts are given.
        pub const ROWS: &[Row] = &[$(Row { variant: Id::$variant, id: $id, name: $name, spec: $spec, draft06: $draft06, v1_0_1: $v1_0_1, v2_0: $v2_0 },)*];
    };
}

catalogue! {
    Acc1 "ACC-1" "authorized-release", ERROR, ERROR, ERROR, "V1 §3.3.3; D6 §3.1.3; G2 §3.5; F2 §5";
    Acc2 "ACC-2" "exact-coverage", ERROR, ERROR, ERROR, "D6 §3.3.1; G2 §3.5; F2 §4, §5.1.1";
    Acc3 "ACC-3" "protection-has-no-gap", ERROR, ERROR, ERROR, "D6 §2.2; F2 §3";
    Acc4 "ACC-4" "evidence-of-the-protecting-server", ERROR, ERROR, ERROR, "D6 §3.3.1; F2 §1.3, §4, §5.1";
    Acc5 "ACC-5" "introspection-shows-a-server-only-its-own", ERROR, ERROR, ERROR, "D6 §3.3.1; F2 §5.1.1; RFC 7662 §4";
    Acc6 "ACC-6" "evidence-is-fresh", ERROR, ERROR, ERROR, "D6 §3.3.1 (cache period); F2 §5; RFC 7662 §4";
    Acc7 "ACC-7" "fail-closed", ERROR, ERROR, ERROR, "V1 §3.3.2; D6 §3.1; G2 §3.2.2, §3.5";
    Acc8 "ACC-8" "challenge-fidelity", ERROR, ERROR, ERROR, "V1 §3.3.1; D6 §3.1.1, §3.1.2; G2 §3.2.1; F2 §4";
    Acc9 "ACC-9" "right-recipient", OUTCOME, OUTCOME, OUTCOME, "G2 §1.3 (RPT), §5.2, §5.3";
    Tkt1 "TKT-1" "single-use", NO, NO, ERROR, "G2 §5.5, §3.3.3, §3.3.6";
    Tkt2 "TKT-2" "dead-once-granted", WARN, ERROR, NO, "V1 §3.2.2; D6 §3.2 (short-lived); wg-uma 172";
    Tkt3 "TKT-3" "one-style-of-claims-endpoint", NO, ERROR, NO, "claims-sec §2.3, §5";
    Tkt4 "TKT-4" "rotation-is-fresh-and-followed", NO, ERROR, ERROR, "claims-sec §2.3; G2 §3.3.1, §3.3.3, §3.3.6, §5.5";
    Tkt5 "TKT-5" "unguessable-and-unique", ERROR, ERROR, ERROR, "D6 §3.2; G2 §5.4, §5.1; RFC 6749 §10.10";
    Tkt6 "TKT-6" "ticket-expiry-holds-at-commit", ERROR, ERROR, ERROR, "D6 §3.4.3; G2 §3.3.6, §5.5";
    Tkt7 "TKT-7" "permission-fidelity", ERROR, ERROR, ERROR, "D6 §3.2; G2 §1.3; F2 §4, §4.2";
    Tkt8 "TKT-8" "one-client-per-process", NO, WARN, ERROR, "V1 §3.2.2 (SHOULD, with its RPTs); G2 §5.5";
    Tkt9 "TKT-9" "one-revision-per-process", NO, ERROR, ERROR, "V1 §3.2.2; G2 §5.5, in one realm";
    Grt1 "GRT-1" "policy-justified-grant", ERROR, ERROR, ERROR, "D6 §3.4.3, §3.5; G2 §3.3.4";
    Grt2 "GRT-2" "grant-bounded-by-request", ERROR, ERROR, ERROR, "D6 §3.4.3; G2 §3.3.4";
    Grt3 "GRT-3" "no-bleed-across-resources", ERROR, ERROR, ERROR, "F2 §4.1, §5.1.1; G2 §3.3.4";
    Grt4 "GRT-4" "client-scope-gating", NO, NO, ERROR, "G2 §3.3.1, §3.3.4, §3.3.6";
    Grt5 "GRT-5" "default-deny", ERROR, ERROR, ERROR, "D6 §3.4.3; G2 §5.6";
    Grt6 "GRT-6" "honest-result", ERROR, ERROR, ERROR, "D6 §3.4.3; G2 §3.3.4, §3.3.5";
    Grt7 "GRT-7" "error-taxonomy", ERROR, ERROR, ERROR, "V1 §3.5.4; D6 §3.4.3, §4; G2 §3.3.6; F2 §4.3, §6";
    Grt8 "GRT-8" "sound-upgrade", NO, NO, ERROR, "G2 §3.3.1, §3.3.5, §3.3.5.1";
    Grt9 "GRT-9" "sound-refresh", NO, NO, ERROR, "G2 §3.6, §6.1; RFC 9700 §4.14";
    Grt10 "GRT-10" "re-issue-invalidates", ERROR, NO, NO, "D6 §3.4.2; wg-uma 88";
    Bnd1 "BND-1" "aat-binds-party-client-and-server", ERROR, ERROR, NO, "V1 §1.3.2; D6 §3.4.1";
    Bnd2 "BND-2" "pat-binds-owner-and-servers", ERROR, ERROR, ERROR, "D6 §2.1; F2 §1.3, §3.2.5, §5";
    Bnd3 "BND-3" "rpt-binds-its-parties", ERROR, ERROR, ERROR, "D6 §1.4, §3.4.3; G2 §1.3; RFC 7009 §2.1";
    Bnd4 "BND-4" "pct-binds-client-and-person", NO, NO, ERROR, "G2 §3.3.1 (pct), §5.2";
    Bnd5 "BND-5" "token-kinds-do-not-mix", ERROR, ERROR, ERROR, "D6 §1.3; F2 §1.3; RFC 6749 §3.2.1";
    Bnd6 "BND-6" "servers-are-not-mixed-up", ERROR, ERROR, ERROR, "G2 §2, §3.2.1; RFC 8414 §3.3; RFC 9207";
    Bnd7 "BND-7" "rpt-shown-only-where-it-belongs", ERROR, ERROR, ERROR, "G2 §5.2; RFC 6749 §10.3; RFC 9700 §4.9";
    Bnd7Outcome "BND-7-outcome" "rpt-reaches-only-its-servers", OUTCOME, OUTCOME, OUTCOME, "G2 §5.2; RFC 9700 §4.9.1";
    Bnd8 "BND-8" "secrets-stay-confined", ERROR, ERROR, ERROR, "G2 §5.2; RFC 6749 §10.3";
    Aut1 "AUT-1" "tokens-only-to-the-authenticated-client", ERROR, ERROR, ERROR, "RFC 6749 §2.3, §3.2.1; G2 §3.3.1";
    Aut2 "AUT-2" "a-code-is-exchanged-as-it-was-asked-for", ERROR, ERROR, ERROR, "RFC 6749 §4.1.2, §4.1.3; RFC 7636 §4.6";
    Aut3 "AUT-3" "a-code-needs-the-persons-approval", ERROR, ERROR, ERROR, "RFC 6749 §4.1.1; D6 §2.1, §3.4.1; F2 §1.3";
    Aut4 "AUT-4" "a-session-is-the-signed-in-persons", ERROR, ERROR, ERROR, "RFC 6749 §3.1; G2 §5.1";
    Aut5 "AUT-5" "an-assertion-is-taken-once-as-it-was-issued", ERROR, ERROR, ERROR, "RFC 7522 §3; SAML core §5.4";
    Tls1 "TLS-1" "served-over-tls-only", WARN, ERROR, ERROR, "V1 §1.3, §1.3.1, §1.3.2; D6 §1.5, §6; F2 §1.3; RFC 6749 §3.1, §3.2";
    Clm1 "CLM-1" "session-integrity-of-claims", OUTCOME, OUTCOME, ERROR, "G2 §5.1, §5.2, §5.5; claims-sec §2.1";
    Clm2 "CLM-2" "claim-token-validity", NO, ERROR, ERROR, "V1 §3.6.2, §7.4.1; G2 §3.3.1, §5.7";
    Clm3 "CLM-3" "claims-redirect-to-registered-places", WARN, ERROR, ERROR, "V1 §3.6.3; G2 §3.3.2, §3.3.3";
    Clm4 "CLM-4" "callback-of-this-browser-session", ERROR, ERROR, ERROR, "D6 §3.5.1; G2 §5.1, §3.3.3";
    Clm4Outcome "CLM-4-outcome" "callback-of-this-process", OUTCOME, OUTCOME, OUTCOME, "G2 §3.3.3";
    Clm5 "CLM-5" "claims-need-the-persons-will", WARN, ERROR, ERROR, "V1 §7.1; G2 §5.1, §5.7";
    Clm6 "CLM-6" "claims-live-in-their-process", ERROR, ERROR, ERROR, "D6 §3.4.1; G2 §1.3 (PCT), §3.3.4, §5.2";
    Reg1 "REG-1" "registration-lifecycle", ERROR, ERROR, ERROR, "RSR draft-00 §2.3; F2 §3.2";
    Reg2 "REG-2" "removal-takes-effect", ERROR, ERROR, ERROR, "F2 §3, §4.1, §5.1.1";
    Reg3 "REG-3" "identifiers-are-never-reused", ERROR, ERROR, ERROR, "RSR draft-00 §2.3; F2 §3.2; wg-uma 131";
    Reg4 "REG-4" "only-the-owner-governs", ERROR, ERROR, ERROR, "G2 §1.3, §6.1; F2 §1.4";
    Reg5 "REG-5" "permission-requests-are-checked-whole", ERROR, ERROR, ERROR, "D6 §3.2; F2 §4, §4.1, §4.3";
    Rev1 "REV-1" "policy-withdrawal-bound", WARN, WARN, WARN, "G2 §6.1 (SHOULD); F2 §8";
    Rev2 "REV-2" "token-revocation-bound", ERROR, ERROR, ERROR, "G2 §3.7, §5.5; RFC 7009 §2.1";
    Rev3 "REV-3" "expiry-arithmetic", ERROR, ERROR, ERROR, "V1 §3.4.2; D6 §3.3.1; F2 §5.1.1";
    Rev4 "REV-4" "the-dead-stay-dead", ERROR, ERROR, ERROR, "G2 §5.5; RFC 6749 §4.1.2; RFC 7662 §2.2";
    Dur1 "DUR-1" "atomic-redemption", ERROR, ERROR, ERROR, "G2 §5.5; RFC 9635 §11";
    Dur2 "DUR-2" "durable-before-visible", ERROR, ERROR, ERROR, "implied by F2 §3.2, G2 §3.3.5, RFC 7009 §2.2";
    Dur3 "DUR-3" "duplicate-delivery-has-one-effect", ERROR, ERROR, ERROR, "G2 §5.5; RFC 6749 §4.1.2";
    Dur4 "DUR-4" "audit-chain", ERROR, ERROR, ERROR, "D6 §1.4";
    Liv1 "LIV-1" "access-in-the-end", ERROR, ERROR, ERROR, "D6 §3; G2 §1.3";
    Liv2 "LIV-2" "a-definite-no", ERROR, ERROR, ERROR, "D6 §3.4.3; G2 §3.3.6";
    Liv3 "LIV-3" "hints-lead-somewhere", ERROR, ERROR, ERROR, "V1 §3.5.4; D6 §3.5; G2 §3.3.6";
    Liv4 "LIV-4" "the-owners-answer-arrives", ERROR, ERROR, ERROR, "G2 §3.3.6, §5.5";
    Liv5 "LIV-5" "protection-goes-on", ERROR, ERROR, ERROR, "F2 §1.4, §3.2.5";
    Liv6 "LIV-6" "lost-answers-do-not-lock-out", ERROR, ERROR, ERROR, "G2 §3.5, §5.5; RFC 9635 §11";
    Liv7 "LIV-7" "no-mutual-eviction", ERROR, ERROR, ERROR, "D6 §3.4.2; wg-uma 88";
    Liv8 "LIV-8" "bounded-ticket-state", ERROR, ERROR, ERROR, "RFC 6819 §4.4.1.11";
}

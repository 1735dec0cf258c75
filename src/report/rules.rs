//! A rule that did not hold, in words.

/// Rules that are obeyed by doing something, not by refusing: what whoever obeys them does then.
const MENDED: [(&str, &str); 9] = [
    ("evidence-recent", "asks afresh, by rule"),
    ("rpt-to-its-server", "keeps an RPT to itself, by rule"),
    ("reissue-ends-older", "ends the older RPT, by rule"),
    ("upgraded-rpt-dropped", "drops the old RPT, by rule"),
    ("upgrade-carries-live", "carries only what is live into the RPT, by rule"),
    ("withdrawal-reaches-tokens", "takes back what rests on it, by rule"),
    ("revocation-reaches-derived", "revokes what was derived, by rule"),
    ("permission-fresh", "leaves an expired permission out, by rule"),
    ("permission-still-registered", "leaves out what is not registered any more, by rule"),
];

/// What a node does about a rule that did not hold.
pub(super) fn broken(rule: &str, enforced: bool) -> &'static str {
    match mended(rule) {
        _ if !enforced => "ignores the rule",
        Some(words) => words,
        None => "refuses by rule",
    }
}

/// True when nothing is refused where the rule does not hold.
pub(super) fn refuses_nothing(rule: &str) -> bool {
    mended(rule).is_some()
}

fn mended(rule: &str) -> Option<&'static str> {
    MENDED.iter().find(|(name, _)| *name == rule).map(|(_, words)| *words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_refuses_is_said_to_refuse() {
        assert_eq!(broken("ticket-unspent", true), "refuses by rule");
        for rule in ["evidence-recent", "rpt-to-its-server", "reissue-ends-older", "upgraded-rpt-dropped"] {
            assert!(refuses_nothing(rule) && !broken(rule, true).contains("refuses"), "{rule}");
            assert_eq!(broken(rule, false), "ignores the rule");
        }
        assert!(!refuses_nothing("ticket-unspent"));
    }
}

//! What an invariant has to know of the world besides the records it judges. A simulation knows all of it; traces of nodes
//! may lack some, and then there is no verdict.

use crate::check::catalogue::Id;
use serde::Serialize;
use std::fmt;

/// Ground truth of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// What was so before the first record.
    Beginnings,
    /// What authorization servers issued and revoked.
    Grants,
    /// What owners permitted.
    Policies,
    /// Which resources there are, whose, and what protects them.
    Resources,
    /// What identity providers vouched for.
    Identities,
    /// What clients did.
    Clients,
    /// Who sent each request.
    Senders,
    /// Who a browser session is.
    Sessions,
    /// Cache periods, the error of clocks, and the longest request.
    Bounds,
    /// A time from which nothing goes wrong, and an end in order.
    Calm,
}

impl Ground {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Beginnings,
        Self::Grants,
        Self::Policies,
        Self::Resources,
        Self::Identities,
        Self::Clients,
        Self::Senders,
        Self::Sessions,
        Self::Bounds,
        Self::Calm,
    ];
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Beginnings => "what was before the traces",
            Self::Grants => "what authorization servers issued",
            Self::Policies => "owner policies",
            Self::Resources => "whose resources there are",
            Self::Identities => "what identity providers vouched for",
            Self::Clients => "what clients did",
            Self::Senders => "who sent each request",
            Self::Sessions => "who a browser session is",
            Self::Bounds => "how wrong clocks may be",
            Self::Calm => "an end without faults",
        })
    }
}

use Ground::{Beginnings, Bounds, Clients, Grants, Identities, Policies, Resources, Senders, Sessions};

const OF_LIVENESS: &[Ground] = &Ground::ALL;

/// What an invariant needs; of what it needs no verdict is given without.
pub(crate) const fn needs(id: Id) -> &'static [Ground] {
    match id {
        Id::Acc1 | Id::Acc2 => &[Beginnings, Grants, Resources, Bounds],
        Id::Acc3 => &[Beginnings, Resources],
        Id::Acc4 => &[Beginnings, Grants, Resources, Senders],
        Id::Acc6 => &[Beginnings, Resources, Bounds],
        Id::Acc7 => &[Resources],
        Id::Acc8 => &[Beginnings, Grants, Resources],
        Id::Acc9 => &[Beginnings, Grants, Clients, Senders, Sessions],
        Id::Acc5
        | Id::Tkt1
        | Id::Tkt2
        | Id::Tkt3
        | Id::Tkt4
        | Id::Tkt5
        | Id::Tkt6
        | Id::Tkt7
        | Id::Tkt8
        | Id::Tkt9
        | Id::Grt2
        | Id::Grt3
        | Id::Grt4
        | Id::Grt6
        | Id::Grt7
        | Id::Grt8
        | Id::Grt10
        | Id::Bnd1
        | Id::Bnd2
        | Id::Bnd3
        | Id::Bnd5
        | Id::Aut1
        | Id::Aut2
        | Id::Clm3
        | Id::Clm6
        | Id::Reg2
        | Id::Reg4
        | Id::Reg5
        | Id::Rev4
        | Id::Dur1
        | Id::Dur2
        | Id::Liv8 => &[Beginnings, Grants],
        Id::Grt1 | Id::Grt5 => &[Beginnings, Grants, Policies],
        Id::Tls1 => &[],
        Id::Grt9 | Id::Rev2 | Id::Rev3 => &[Beginnings, Grants, Bounds],
        Id::Rev1 => &[Beginnings, Grants, Policies, Bounds],
        Id::Bnd4 | Id::Clm1 => &[Beginnings, Grants, Clients, Senders, Sessions],
        Id::Bnd6 | Id::Bnd7 | Id::Bnd7Outcome => &[Beginnings, Grants, Clients, Senders],
        Id::Bnd8 => &[Beginnings, Grants, Senders, Sessions],
        Id::Aut3 | Id::Aut4 | Id::Clm5 => &[Beginnings, Grants, Senders, Sessions],
        Id::Aut5 => &[Beginnings, Grants, Identities, Clients],
        Id::Clm2 => &[Beginnings, Grants, Identities, Senders, Bounds],
        Id::Clm4 | Id::Clm4Outcome => &[Beginnings, Clients],
        Id::Reg1 | Id::Reg3 => &[Beginnings, Grants, Resources],
        Id::Dur3 => &[Beginnings, Grants, Senders],
        Id::Dur4 => &[Beginnings, Grants, Resources],
        Id::Liv1 | Id::Liv2 | Id::Liv3 | Id::Liv4 | Id::Liv5 | Id::Liv6 | Id::Liv7 => OF_LIVENESS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::catalogue::ROWS;
    use crate::check::{Judge, Verdict};
    use crate::trace::Truth;
    use crate::trace::truth::{NodeTruth, RoleKind};
    use crate::wire::Revision;

    fn verdicts(lacking: &[Ground]) -> Vec<Verdict> {
        let node = NodeTruth {
            name: "as".into(),
            role: RoleKind::AuthorizationServer,
            origin: None,
            revision: Some(Revision::V2_0),
            beside: None,
            spoken_at: Default::default(),
            honest: true,
            accounts: Default::default(),
            rules_off: Vec::new(),
            trusts: Vec::new(),
        };
        Judge::new(&Truth { nodes: vec![node], ..Truth::default() }).verdicts_without(lacking)
    }

    #[test]
    fn every_ground_is_needed_by_some_invariant_and_told_apart_in_words() {
        for ground in Ground::ALL {
            let without = verdicts(&[ground]);
            assert!(without.iter().any(|verdict| verdict.lacks == [ground]), "nothing needs {ground}");
        }
        let words: std::collections::BTreeSet<String> = Ground::ALL.iter().map(Ground::to_string).collect();
        assert_eq!(words.len(), Ground::ALL.len());
    }

    #[test]
    fn what_is_judged_without_any_ground_is_little() {
        let judged: Vec<&str> =
            verdicts(&Ground::ALL).iter().filter(|it| it.lacks.is_empty()).map(|it| it.id).collect();
        assert_eq!(judged, ["TLS-1"]);
        assert!(verdicts(&[]).iter().all(|verdict| verdict.lacks.is_empty()));
        assert!(ROWS.len() >= verdicts(&[]).len());
    }
}

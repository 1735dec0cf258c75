//! Policies: what an owner lets happen, as data that travels from the owner's browser to the authorization server.
//! The texts leave the form of policies open (Grant §1.3 "policy conditions"); this is ours.

use crate::wire::{ClaimName, ClientId, PersonId, PolicyId, ResourceId, ScopeSet, Text, Timestamp, Uri};
use serde::{Deserialize, Serialize};

/// One policy of one owner.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Policy {
    /// Its identifier, chosen by the owner; setting it again replaces it.
    pub id: PolicyId,
    /// Which of the owner's resources it speaks about.
    pub target: PolicyTarget,
    /// Which scopes it can permit.
    pub scopes: ScopeSet,
    /// When it permits them.
    pub condition: PolicyCondition,
}

/// The resources that a policy speaks about. It is expanded per resource identifier at every assessment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyTarget {
    /// These resources.
    Resources(Vec<ResourceId>),
    /// All resources of the owner with this `type`.
    Type(Text),
    /// All resources of the owner.
    AllResources,
}

/// When a policy permits. An empty `All` or `Any` permits nobody (Grant §5.6: default deny).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyCondition {
    /// Anybody at all, said in so many words.
    Anyone,
    /// Every part holds, and there is at least one.
    All(Vec<PolicyCondition>),
    /// At least one part holds.
    Any(Vec<PolicyCondition>),
    /// The requesting party is this person, as vouched for by this issuer.
    RequestingParty {
        /// Who must have authenticated the person.
        issuer: Uri,
        /// The person there.
        subject: PersonId,
    },
    /// The request comes through this client.
    Client(ClientId),
    /// The requesting party has this claim, from this issuer if one is named.
    Claim {
        /// Which claim.
        name: ClaimName,
        /// Which value.
        value: Text,
        /// Who must vouch for it; any trusted issuer when absent.
        issuer: Option<Uri>,
        /// How old the claim may be when it is used, in seconds.
        max_age_secs: Option<u64>,
    },
    /// Now is in `[from, until)` by the authorization server's clock.
    Between {
        /// The first instant.
        from: Timestamp,
        /// The first instant after.
        until: Timestamp,
    },
    /// The requesting party signed in for the AAT with one of these authentication context classes (Core 1.0.1
    /// §3.5.4.1); never met where no AAT of a person says how.
    SignedInWith(Vec<Text>),
    /// The owner agrees to this very request while it waits.
    OwnerApproves,
}

//! How pages say things: names, times, conditions.

use crate::wire::page::{AccountChange, DenialReason, HistoryOutcome};
use crate::wire::{ClientId, Policy, PolicyCondition, PolicyTarget, ScopeSet, Text, Timestamp};

/// A client by its name, or by its identifier.
pub(super) fn client<'a>(name: Option<&'a str>, id: &'a ClientId) -> &'a str {
    name.filter(|name| !name.trim().is_empty()).unwrap_or(id.as_str())
}

/// Scopes as a list.
pub(super) fn scopes(scopes: &ScopeSet) -> Vec<&str> {
    scopes.iter().map(|scope| scope.as_str()).collect()
}

/// The requesting party, as far as known.
pub(super) fn people(names: &[Text]) -> String {
    if names.is_empty() { "Somebody".to_owned() } else { names.join(", ") }
}

/// What a program says in a few words, as a sentence.
pub(super) fn sentence(text: &str) -> String {
    let mut rest = text.trim().chars();
    let Some(first) = rest.next() else { return String::new() };
    let sentence: String = first.to_uppercase().chain(rest).collect();
    if sentence.ends_with(['.', '!', '?']) { sentence } else { sentence + "." }
}

const SECS_PER_DAY: u64 = 86_400;

// Days since the epoch to year, month and day in the Gregorian calendar (Howard Hinnant, "chrono-compatible low-level
// date algorithms").
const fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + (month <= 2) as u64, month, day)
}

const fn days_of(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year / 400, year % 400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    era * 146_097 + of_era - 719_468
}

/// `2026-11-22T05:28`, as a date field of a form has it.
pub(super) fn field_time(at: Timestamp) -> String {
    let (days, secs) = (at.secs() / SECS_PER_DAY, at.secs() % SECS_PER_DAY);
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}", secs / 3600, secs / 60 % 60)
}

/// `2026-11-22 05:28 UTC`.
pub(super) fn time(at: Timestamp) -> String {
    format!("{} UTC", field_time(at).replace('T', " "))
}

/// Reads what a date field of a form has; seconds may be there or not.
pub(super) fn read_field_time(text: &str) -> Option<Timestamp> {
    let (date, clock) = text.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut clock = clock.splitn(3, ':').map(|part| part.parse::<u64>().ok());
    let (hour, minute) = (clock.next()??, clock.next()??);
    let second = clock.next().unwrap_or(Some(0))?;
    let possible =
        (1970..=9999).contains(&year) && (1..=12).contains(&month) && hour < 24 && minute < 60 && second < 60;
    if !possible || !(1..=31).contains(&day) {
        return None;
    }
    let days = days_of(year, month, day);
    (civil(days) == (year, month, day))
        .then(|| Timestamp::from_secs(days * SECS_PER_DAY + hour * 3600 + minute * 60 + second))
}

/// What a policy is about.
pub(super) fn target(policy: &Policy, name_of: impl Fn(&str) -> String) -> String {
    match &policy.target {
        PolicyTarget::AllResources => "Everything you have".to_owned(),
        PolicyTarget::Type(type_) => format!("Everything of type {type_}"),
        PolicyTarget::Resources(ids) if ids.is_empty() => "No resource".to_owned(),
        PolicyTarget::Resources(ids) => ids.iter().map(|id| name_of(id.as_str())).collect::<Vec<_>>().join(", "),
    }
}

/// When a policy permits, as a sentence.
pub(super) fn condition(condition: &PolicyCondition) -> String {
    format!("Permitted {}.", clause(condition))
}

fn clause(condition: &PolicyCondition) -> String {
    let all = |parts: &[PolicyCondition], word: &str| {
        let clauses: Vec<String> = parts.iter().map(nested).collect();
        clauses.join(word)
    };
    match condition {
        PolicyCondition::Anyone => "to anybody".to_owned(),
        PolicyCondition::All(parts) | PolicyCondition::Any(parts) if parts.is_empty() => "to nobody".to_owned(),
        PolicyCondition::All(parts) => all(parts, " and "),
        PolicyCondition::Any(parts) => all(parts, " or "),
        PolicyCondition::RequestingParty { issuer, subject } => format!("to {subject}, as known to {issuer}"),
        PolicyCondition::Client(client) => format!("through the client {client}"),
        PolicyCondition::Claim { name, value, issuer, max_age_secs } => {
            let by = issuer.as_ref().map(|issuer| format!(", vouched for by {issuer}")).unwrap_or_default();
            let age = max_age_secs.map(|secs| format!(", not older than {secs} s")).unwrap_or_default();
            format!("to whoever has {name} = {value}{by}{age}")
        }
        PolicyCondition::Between { from, until } => match (*from == EVER, *until == FOREVER) {
            (true, true) => "at any time".to_owned(),
            (true, false) => format!("until {}", time(*until)),
            (false, true) => format!("from {}", time(*from)),
            (false, false) => format!("from {} until {}", time(*from), time(*until)),
        },
        PolicyCondition::SignedInWith(classes) => format!("to whoever signed in with {}", classes.join(" or ")),
        PolicyCondition::OwnerApproves => "if you agree each time".to_owned(),
    }
}

fn nested(part: &PolicyCondition) -> String {
    match part {
        PolicyCondition::All(parts) | PolicyCondition::Any(parts) if parts.len() > 1 => format!("({})", clause(part)),
        _ => clause(part),
    }
}

/// The beginning of a time without one.
pub(super) const EVER: Timestamp = Timestamp(0);
/// The end of a time without one: the last second that a date field can say.
pub(super) const FOREVER: Timestamp = Timestamp::from_secs(253_402_300_799);

/// What a form has changed, as a sentence.
pub(super) const fn done(change: AccountChange) -> &'static str {
    match change {
        AccountChange::PolicySet => "The policy is set.",
        AccountChange::PolicyRemoved => "The policy is withdrawn, and what rested on it has ended.",
        AccountChange::RequestApproved => "You approved the request.",
        AccountChange::RequestDenied => "You denied the request.",
        AccountChange::ApprovalWithdrawn => "The approval is withdrawn. The application can do nothing more for you.",
    }
}

/// How something came out: a word, its tone, and why.
pub(super) const fn outcome(outcome: HistoryOutcome) -> (&'static str, &'static str, &'static str) {
    match outcome {
        HistoryOutcome::Granted => ("Granted", "good", ""),
        HistoryOutcome::GrantedAndWithdrawn => ("Withdrawn", "wait", "It was granted, and you took it back."),
        HistoryOutcome::Denied(why) => ("Denied", "bad", denial(why)),
        HistoryOutcome::OwnerApproved => ("You agreed", "good", "You were asked and said yes."),
        HistoryOutcome::OwnerRefused => ("You refused", "bad", "You were asked and said no."),
        HistoryOutcome::OwnerDidNotAnswer => ("No answer", "wait", "You were asked and did not answer in time."),
    }
}

const fn denial(why: Option<DenialReason>) -> &'static str {
    match why {
        None => "",
        Some(DenialReason::NoPolicy) => "No policy of yours permits it.",
        Some(DenialReason::ConditionsNotMet) => "The conditions of your policy do not hold.",
        Some(DenialReason::OwnerRefused) => "You said no.",
        Some(DenialReason::UnknownScope) => "It asked for something that does not exist there.",
        Some(DenialReason::NoClaims) => "The person did not say who they are.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read_as_dates() {
        for (secs, text) in [
            (0, "1970-01-01T00:00"),
            (951_782_400, "2000-02-29T00:00"),
            (1_795_325_280, "2026-11-22T05:28"),
            (253_402_300_740, "9999-12-31T23:59"),
        ] {
            assert_eq!(field_time(Timestamp::from_secs(secs)), text);
            assert_eq!(read_field_time(text), Some(Timestamp::from_secs(secs)));
        }
        assert_eq!(read_field_time("1970-01-01T00:00:07"), Some(Timestamp::from_secs(7)));
        assert_eq!(field_time(FOREVER), "9999-12-31T23:59");
    }

    #[test]
    fn a_few_words_become_a_sentence() {
        assert_eq!(sentence("connected"), "Connected.");
        assert_eq!(sentence(" Wait a while. "), "Wait a while.");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn impossible_times_are_none() {
        for text in
            ["", "2026-02-30T00:00", "2026-13-01T00:00", "1969-01-01T00:00", "2026-01-01", "2026-01-01T24:00", "x"]
        {
            assert_eq!(read_field_time(text), None, "{text}");
        }
    }

    #[test]
    fn conditions_read_as_sentences() {
        let both = PolicyCondition::All(vec![
            PolicyCondition::RequestingParty { issuer: "https://idp".into(), subject: "bob".into() },
            PolicyCondition::Any(vec![PolicyCondition::OwnerApproves, PolicyCondition::Client("app".into())]),
        ]);
        let text = "Permitted to bob, as known to https://idp and (if you agree each time or through the client app).";
        assert_eq!(condition(&both), text);
        assert_eq!(condition(&PolicyCondition::All(Vec::new())), "Permitted to nobody.");
    }
}

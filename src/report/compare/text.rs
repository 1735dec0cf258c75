//! A comparison as text that fits a terminal of 100 columns.

use super::{Action, Comparison, Guarantee, Member, Message, Phase, Told};
use crate::check::Level;
use crate::report::style::{Style, Tone};
use std::collections::BTreeSet;

/// How wide a line may be.
const WIDTH: usize = 100;
/// How wide the first column of a table is.
const NAMES: usize = 28;
/// From this width on a cell names the asker too.
const WIDE: usize = 40;

/// Before what goes on below a revision's name.
const INDENT: &str = "            ";

impl Comparison {
    /// The whole comparison. Lines are at most 100 characters wide.
    pub fn to_text(&self, style: Style) -> String {
        let mut lines = vec![style.paint(Tone::Heading, &format!("{} across revisions", self.intent)), String::new()];
        lines.extend(self.members.iter().map(|member| self.member(member, style)));
        let parts: [(&str, Vec<String>); 5] = [
            ("requests by phase", self.phases()),
            ("round trips, between whom", self.round_trips()),
            ("tokens: how many were issued, and how many requests were sent with one", self.tokens()),
            ("outcomes: how each client's process ended", self.outcomes()),
            ("guarantees that differ: level, and how often put to the test", self.guarantees()),
        ];
        for (title, rows) in parts {
            lines.extend([String::new(), style.paint(Tone::Heading, title)]);
            lines.push(style.paint(Tone::Dim, &self.header()));
            lines.extend(rows);
        }
        lines.extend(self.rest_of_guarantees());
        lines.extend([String::new(), style.paint(Tone::Heading, "messages, side by side")]);
        lines.extend(self.side_by_side(style));
        let mut text = lines.join("\n");
        text.push('\n');
        text
    }

    fn member(&self, member: &Member, style: Style) -> String {
        let name = format!("  {:<9}", member.revision.name());
        match &member.told {
            None => {
                let none = format!("{name} no story tells `{}` in it", self.intent);
                let reason = member.reason.iter().flat_map(|reason| wrapped(reason, WIDTH - INDENT.len()));
                let reason = reason.map(|line| style.paint(Tone::Dim, &format!("\n{INDENT}{line}")));
                style.paint(Tone::Warn, &none) + &reason.collect::<String>()
            }
            Some(told) => {
                let (word, tone) = if told.passed { ("passed", Tone::Good) } else { ("FAILED", Tone::Bad) };
                let held = format!("{} of {} expectations held", told.held, told.expectations);
                format!("{name} {}  {held}  {}", style.paint(tone, word), told.story)
            }
        }
    }

    fn columns(&self) -> String {
        self.found().map(|(revision, _)| self.cell(revision.name())).collect()
    }

    fn header(&self) -> String {
        row(&" ".repeat(NAMES), &self.columns())
    }

    fn cell(&self, text: &str) -> String {
        let width = (WIDTH - NAMES) / self.found().count().max(1);
        format!("{:<width$}", cut(text, width.saturating_sub(1)))
    }

    fn line(&self, name: &str, of: impl Fn(&Told) -> String) -> String {
        let cells: String = self.found().map(|(_, told)| self.cell(&of(told))).collect();
        row(name, &cells)
    }

    fn phases(&self) -> Vec<String> {
        let count = |told: &Told, phase: Phase| told.phases.get(&phase).copied().unwrap_or_default();
        let mut lines: Vec<String> = Phase::ALL
            .into_iter()
            .filter(|phase| self.found().any(|(_, told)| count(told, *phase) > 0))
            .map(|phase| self.line(phase.words(), |told| count(told, phase).to_string()))
            .collect();
        lines.push(self.line("all", |told| told.phases.values().sum::<u64>().to_string()));
        lines
    }

    fn round_trips(&self) -> Vec<String> {
        let pairs: BTreeSet<&String> = self.found().flat_map(|(_, told)| told.round_trips.keys()).collect();
        let count = |told: &Told, pair: &String| told.round_trips.get(pair).copied().unwrap_or_default();
        pairs.into_iter().map(|pair| self.line(pair, |told| count(told, pair).to_string())).collect()
    }

    fn tokens(&self) -> Vec<String> {
        let kinds: BTreeSet<&String> = self.found().flat_map(|(_, told)| told.tokens.keys()).collect();
        let words = |told: &Told, kind: &String| match told.tokens.get(kind) {
            Some(tokens) => format!("{} issued, {} sent", tokens.issued, tokens.sent),
            None => "none".to_owned(),
        };
        kinds.into_iter().map(|kind| self.line(kind, |told| words(told, kind))).collect()
    }

    fn outcomes(&self) -> Vec<String> {
        let outcome = |told: &Told, name: &str| match told.action(name) {
            None => "not in the story".to_owned(),
            Some(action) => action.outcome.unwrap_or("no process").to_owned(),
        };
        let names = self.action_names();
        let ended =
            |name: &&str| self.found().filter_map(|(_, told)| told.action(name)).any(|action| action.outcome.is_some());
        names.into_iter().filter(ended).map(|name| self.line(name, |told| outcome(told, name))).collect()
    }

    fn guarantees(&self) -> Vec<String> {
        let words = |told: &Told, id: &str| match told.guarantees.get(id) {
            None => "does not apply".to_owned(),
            Some(guarantee) => guarantee_words(guarantee),
        };
        self.differing_guarantees()
            .into_iter()
            .map(|known| self.line(&format!("{} {}", known.id, known.name), |told| words(told, known.id)))
            .collect()
    }

    fn rest_of_guarantees(&self) -> Vec<String> {
        let all: BTreeSet<&str> = self.found().flat_map(|(_, told)| told.guarantees.keys().copied()).collect();
        let same = all.len() - self.differing_guarantees().len();
        vec![format!("{same} invariants weigh the same and came out the same in each.")]
    }

    // The names of actions in the order of the longest story, then those that only others have.
    fn action_names(&self) -> Vec<&str> {
        let mut stories: Vec<&Told> = self.found().map(|(_, told)| told).collect();
        stories.sort_by_key(|told| std::cmp::Reverse(told.actions.len()));
        let mut names: Vec<&str> = Vec::new();
        for name in stories.iter().flat_map(|told| &told.actions).map(|action| action.name.as_str()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn side_by_side(&self, style: Style) -> Vec<String> {
        let width = WIDTH / self.found().count().max(1);
        let columns = |cells: Vec<String>| {
            let line: String =
                cells.iter().map(|cell| format!("{:<width$}", cut(cell, width.saturating_sub(2)))).collect();
            line.trim_end().to_owned()
        };
        let mut lines = vec![
            style.paint(Tone::Dim, &columns(self.found().map(|(revision, _)| revision.name().to_owned()).collect())),
        ];
        for name in self.action_names() {
            let actions: Vec<Option<&Action>> = self.found().map(|(_, told)| told.action(name)).collect();
            lines.push(style.paint(Tone::Heading, name));
            let longest = actions.iter().flatten().map(|action| action.messages.len()).max().unwrap_or_default();
            for at in 0..longest {
                lines.push(columns(actions.iter().map(|action| message_at(*action, at, width)).collect()));
            }
        }
        lines
    }
}

impl Told {
    fn action(&self, name: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.name == name)
    }
}

fn message_at(action: Option<&Action>, at: usize, width: usize) -> String {
    match action {
        None if at == 0 => "(not in the story)".to_owned(),
        None => String::new(),
        Some(action) => action.messages.get(at).map(|message| in_cell(message, width)).unwrap_or_default(),
    }
}

fn in_cell(message: &Message, width: usize) -> String {
    let status = message.status.map_or_else(|| "---".to_owned(), |status| status.to_string());
    if width >= WIDE {
        format!("{status} {} > {}: {}", message.from, message.to, message.request)
    } else {
        format!("{status} {}: {}", message.to, message.request)
    }
}

fn guarantee_words(guarantee: &Guarantee) -> String {
    let level = match guarantee.level {
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Outcome => "outcome",
    };
    match (guarantee.violations, guarantee.premises) {
        (0, 0) => format!("{level} untested"),
        (0, premises) => format!("{level} held {premises}x"),
        (violations, _) => format!("{level} broken {violations}x"),
    }
}

fn row(name: &str, cells: &str) -> String {
    format!("{:<NAMES$}{cells}", cut(&format!("  {}", name.trim_start()), NAMES - 1)).trim_end().to_owned()
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut().filter(|line| line.chars().count() + 1 + word.chars().count() <= width) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

// What does not fit ends with an ellipsis.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut() {
        assert_eq!(cut("ticket", 6), "ticket");
        assert_eq!(cut("tickets", 6), "ticke…");
    }
}

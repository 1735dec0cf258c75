//! Colours of a terminal, only when told: whoever prints knows whether a terminal is there.

/// Whether text is painted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// No escape sequences at all.
    #[default]
    Plain,
    /// With ANSI escape sequences.
    Coloured,
}

/// What a piece of text is, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it is.
    Normal,
    /// Act of a person, or title of a part.
    Heading,
    /// What can be skipped.
    Dim,
    /// What was hoped for.
    Good,
    /// What was refused or went wrong.
    Bad,
    /// What deserves a look.
    Warn,
    /// The label of a secret.
    Label,
    /// A place in a specification.
    Step,
}

impl Tone {
    const fn code(self) -> Option<&'static str> {
        match self {
            Self::Normal => None,
            Self::Heading => Some("1"),
            Self::Dim => Some("2"),
            Self::Good => Some("32"),
            Self::Bad => Some("31"),
            Self::Warn => Some("33"),
            Self::Label => Some("36"),
            Self::Step => Some("35"),
        }
    }
}

impl Style {
    /// The text in its colour, or as it is.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        match (self, tone.code()) {
            (Self::Coloured, Some(code)) if !text.is_empty() => format!("\x1b[{code}m{text}\x1b[0m"),
            (Self::Coloured | Self::Plain, _) => text.to_owned(),
        }
    }

    /// The text padded to a width and then painted, so that columns stay aligned.
    pub fn column(self, tone: Tone, text: &str, width: usize) -> String {
        let padding = width.saturating_sub(text.chars().count());
        format!("{}{}", self.paint(tone, text), " ".repeat(padding))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_appears_only_when_told_and_never_moves_a_column() {
        assert_eq!(Style::Plain.column(Tone::Bad, "no", 4), "no  ");
        assert_eq!(Style::Coloured.column(Tone::Bad, "no", 4), "\x1b[31mno\x1b[0m  ");
        assert_eq!(Style::Coloured.paint(Tone::Normal, "x"), "x");
    }
}

//! A finding's excerpt drawn with its place underlined.

use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, SourceCode, SourceSpan, SpanContents, ThemeStyles,
};

use crate::finding::{Excerpt, Severity};

/// What a cut-off end of a line is shown as.
const CUT: char = '…';

/// The least width of source that is shown, however narrow the terminal.
const LEAST_WIDTH: usize = 40;

/// Draws `excerpt` under `place` (already `path:line:column`), at most `width` columns wide;
/// nothing if there is nothing to draw.
pub(super) fn draw(
    excerpt: &Excerpt,
    place: &str,
    severity: Severity,
    width: usize,
    color: bool,
) -> String {
    if excerpt.text.trim().is_empty() {
        return String::new();
    }
    // line number and frame
    let source_width = width.saturating_sub(10).max(LEAST_WIDTH);
    let drawing = Drawing {
        source: Source { excerpt: cropped(excerpt, source_width), place: place.to_owned() },
    };
    let mut drawn = String::new();
    let handler = GraphicalReportHandler::new_themed(theme(severity, color))
        .with_links(false)
        .with_urls(false)
        .without_cause_chain()
        // the place is in the name, with the finding's own column
        .without_primary_span_start()
        .without_syntax_highlighting()
        .with_context_lines(1)
        .with_width(width);
    if handler.render_report(&mut drawn, &drawing).is_err() {
        return String::new();
    }
    // the first line is the drawing's own message, which the caller has already written
    drawn.split_once('\n').map(|(_, rest)| rest.to_owned()).unwrap_or_default()
}

fn theme(severity: Severity, color: bool) -> GraphicalTheme {
    let mut theme = GraphicalTheme::unicode_nocolor();
    if color {
        theme.styles = ThemeStyles::ansi();
        theme.styles.link = theme.styles.help;
        theme.styles.highlights = vec![match severity {
            Severity::Error => theme.styles.error,
            Severity::Warning => theme.styles.warning,
            Severity::Note => theme.styles.advice,
        }];
    }
    theme
}

#[derive(Debug)]
struct Drawing {
    source: Source,
}

impl fmt::Display for Drawing {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Drawing {}

impl Diagnostic for Drawing {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let excerpt = &self.source.excerpt;
        let label = Some(excerpt.label.clone()).filter(|label| !label.is_empty());
        let span = LabeledSpan::new(label, excerpt.span.start, excerpt.span.len());
        Some(Box::new(std::iter::once(span)))
    }
}

/// The excerpt as miette reads it: always whole, numbered as in its file.
#[derive(Debug)]
struct Source {
    excerpt: Excerpt,
    place: String,
}

impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        _: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = &self.excerpt.text;
        let line = usize::try_from(self.excerpt.first_line.saturating_sub(1)).unwrap_or(0);
        Ok(Box::new(MietteSpanContents::new_named(
            self.place.clone(),
            text.as_bytes(),
            (0, text.len()).into(),
            line,
            0,
            text.lines().count(),
        )))
    }
}

/// The excerpt with each line cut to `width` characters, so that the underline stays under its
/// text on a narrow terminal; the line that the span begins on is cut around the span.
fn cropped(excerpt: &Excerpt, width: usize) -> Excerpt {
    let mut text = String::with_capacity(excerpt.text.len());
    let (start, end) = clamped(excerpt);
    let (mut new_start, mut new_end) = (0, 0);
    let mut line_start = 0;
    for (number, line) in excerpt.text.split('\n').enumerate() {
        if number > 0 {
            text.push('\n');
        }
        let line_end = line_start + line.len();
        let holds_start = (line_start..=line_end).contains(&start);
        let focus =
            if holds_start { start - line_start..end.min(line_end) - line_start } else { 0..0 };
        let kept = window(line, focus, width);
        if kept.start > 0 {
            text.push(CUT);
        }
        let shown_at = text.len();
        let moved = |offset: usize| {
            let within = offset - line_start;
            shown_at + within.clamp(kept.start, kept.end) - kept.start
        };
        if holds_start {
            new_start = moved(start);
        }
        if (line_start..=line_end).contains(&end) {
            new_end = moved(end);
        }
        text.push_str(line.get(kept.clone()).unwrap_or_default());
        if kept.end < line.len() {
            text.push(CUT);
        }
        line_start = line_end + 1;
    }
    Excerpt {
        text,
        span: new_start..new_end.max(new_start),
        first_line: excerpt.first_line,
        label: excerpt.label.clone(),
    }
}

/// The excerpt's span, moved to where it may lie: within the text, between characters.
fn clamped(excerpt: &Excerpt) -> (usize, usize) {
    let text = &excerpt.text;
    let boundary = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = boundary(excerpt.span.start);
    (start, boundary(excerpt.span.end).max(start))
}

/// The byte range of `line` to show: `width` characters with as much of `focus` as fits.
fn window(line: &str, focus: std::ops::Range<usize>, width: usize) -> std::ops::Range<usize> {
    let starts: Vec<usize> = line.char_indices().map(|(at, _)| at).collect();
    if starts.len() <= width {
        return 0..line.len();
    }
    // leaves room for a sign at either end
    let room = width.saturating_sub(2).max(1);
    let from = starts.partition_point(|&at| at < focus.start);
    let to = starts.partition_point(|&at| at < focus.end);
    let lead = room.saturating_sub(to - from) / 2;
    let first = if to <= room { 0 } else { from.saturating_sub(lead).min(starts.len() - room) };
    let byte = |at: usize| starts.get(at).copied().unwrap_or(line.len());
    byte(first)..byte(first + room)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    fn excerpt(text: &str, underlined: &str) -> Excerpt {
        let start = text.find(underlined).unwrap();
        Excerpt {
            text: text.into(),
            span: start..start + underlined.len(),
            first_line: 7,
            label: "here".into(),
        }
    }

    #[test]
    fn shows_the_place_as_it_was_given() {
        let drawn = draw(
            &excerpt("before\nkey = 7~aB3xY…\nafter", "7~aB3xY…"),
            "a b.py:8:7",
            Severity::Error,
            80,
            false,
        );
        insta::assert_snapshot!(drawn, @r"
          ╭─[a b.py:8:7]
        7 │ before
        8 │ key = 7~aB3xY…
          ·       ────┬───
          ·           ╰── here
        9 │ after
          ╰────
        ");
    }

    #[test]
    fn cuts_long_lines_around_the_span() {
        let line = format!("{}7~é…{}", "á".repeat(500), "z".repeat(500));
        let cut = cropped(&excerpt(&line, "7~é…"), 40);
        assert_eq!(&cut.text[cut.span.clone()], "7~é…");
        assert!(cut.text.chars().count() <= 40, "{}", cut.text);
        assert!(cut.text.starts_with('…') && cut.text.ends_with('…'));
    }

    #[test]
    fn draws_whatever_span_it_is_given() {
        let texts = ["", "a", "é\n\nü\t字", "a\r\nb\r", "\n", &"x".repeat(200), "\u{301}e\u{200b}"];
        for text in texts {
            for start in 0..text.len() + 3 {
                for end in [0, start, start + 1, start + 2, start + 7, 500] {
                    let excerpt = Excerpt {
                        text: text.into(),
                        span: start..end,
                        first_line: u64::MAX / 2,
                        label: "x\ny".into(),
                    };
                    draw(&excerpt, "p", Severity::Note, 1, true);
                }
            }
        }
    }
}

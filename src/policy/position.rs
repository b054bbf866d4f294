//! From byte offsets to lines and columns.

/// The line starts of a text.
#[derive(Debug)]
pub(crate) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// Finds the lines of `text`; a line ends at `\n`, as everywhere in the tool.
    pub(crate) fn new(text: &'t str) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        Self { text, starts }
    }

    /// The line's number, counted from 0, that holds the byte at `offset`.
    pub(crate) fn index(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// Line and column of the byte at `offset`, both counted from 1, the column in Unicode scalar
    /// values. A byte order mark is not counted.
    pub(crate) fn position(&self, offset: usize) -> (u64, u64) {
        let offset = offset.min(self.text.len());
        let line = self.index(offset);
        let before = self.text.get(self.starts[line]..offset).unwrap_or_default();
        let column = before.trim_start_matches('\u{feff}').chars().count() + 1;
        (line as u64 + 1, column as u64)
    }

    /// The byte range of the lines from `first` to `last`, without the last one's end.
    pub(crate) fn range(&self, first: usize, last: usize) -> std::ops::Range<usize> {
        let start = self.starts.get(first).copied().unwrap_or(self.text.len());
        let end = self.starts.get(last + 1).copied().unwrap_or(self.text.len());
        let text = self.text[start..end.max(start)].trim_end_matches(['\n', '\r']);
        start..start + text.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_scalar_values_on_every_kind_of_line() {
        let text = "\u{feff}a: é\r\nb: x\nc: ∑y\n";
        let lines = Lines::new(text);
        let at = |needle: &str| lines.position(text.find(needle).unwrap_or(0));
        assert_eq!(at("a"), (1, 1));
        assert_eq!(at("é"), (1, 4));
        assert_eq!(at("x"), (2, 4));
        assert_eq!(at("y"), (3, 5));
        assert_eq!(&text[lines.range(1, 2)], "b: x\nc: ∑y");
    }
}

//! What a search has learnt of its text so far, so that a thousand candidates side by side don't
//! each look at the same kilobytes again. What is answered never depends on what was asked before.

use std::cell::Cell;
use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

static BEGIN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("-----BEGIN "));
static END: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("-----END "));

/// One text that is being searched.
#[derive(Debug)]
pub(super) struct Memo<'t> {
    /// The text.
    pub(super) text: &'t [u8],
    base64: Stretch,
    jwt: Stretch,
    begin: Latest,
    end: Latest,
}

impl<'t> Memo<'t> {
    /// Nothing is known of `text` yet.
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self {
            text,
            base64: Stretch::default(),
            jwt: Stretch::default(),
            begin: Latest::default(),
            end: Latest::default(),
        }
    }

    /// The characters of base64 around `span`, all of which are such.
    pub(super) fn base64_around(&self, span: &Range<usize>) -> Range<usize> {
        self.base64.around(self.text, span, |b| b.is_ascii_alphanumeric() || b"+/".contains(&b))
    }

    /// The characters of a JSON Web Token and its dots around `span`, all of which are such.
    pub(super) fn jwt_around(&self, span: &Range<usize>) -> Range<usize> {
        self.jwt.around(self.text, span, |b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    }

    /// Where in `range` an armoured block has begun that has not ended.
    pub(super) fn open_armour(&self, range: Range<usize>) -> Option<usize> {
        let begin = self.begin.within(&BEGIN, self.text, range.clone())?;
        self.end.within(&END, self.text, begin..range.end).is_none().then_some(begin)
    }
}

/// The stretch of characters of some kind that was last looked at.
#[derive(Debug, Default)]
struct Stretch {
    start: Cell<usize>,
    end: Cell<usize>,
}

impl Stretch {
    fn around(&self, text: &[u8], span: &Range<usize>, of: impl Fn(u8) -> bool) -> Range<usize> {
        if self.start.get() > span.start || self.end.get() < span.end {
            let before = text[..span.start].iter().rev().take_while(|b| of(**b)).count();
            let after = text[span.end..].iter().take_while(|b| of(**b)).count();
            self.start.set(span.start - before);
            self.end.set(span.end + after);
        }
        self.start.get()..self.end.get()
    }
}

/// Where something last stood in the part of the text that was searched for it.
#[derive(Debug, Default)]
struct Latest {
    from: Cell<usize>,
    to: Cell<usize>,
    at: Cell<Option<usize>>,
}

impl Latest {
    /// Where the last `wanted` begins that stands whole in `range`.
    fn within(&self, wanted: &Finder<'_>, text: &[u8], range: Range<usize>) -> Option<usize> {
        let last = |from: usize| {
            wanted.find_iter(&text[from..range.end]).last().map(|offset| from + offset)
        };
        let (from, to) = (self.from.get(), self.to.get());
        if range.start < from || range.end < to {
            return last(range.start);
        }
        if range.start > to {
            self.from.set(range.start);
            self.at.set(last(range.start));
        } else {
            // one that the last search saw only a part of stands at its end
            let seen = to.saturating_sub(wanted.needle().len() - 1).max(from);
            self.at.set(last(seen).or(self.at.get()));
        }
        self.to.set(range.end);
        self.at.get().filter(|at| *at >= range.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_do_not_depend_on_what_was_asked_before() {
        let unit = "x -----BEGIN KEY y.z -----END KEY- -----BEGIN a+b/c-----END -----BEGIN ";
        let text = unit.repeat(4);
        let memo = Memo::new(text.as_bytes());
        let ends = (0..text.len()).chain((0..text.len()).rev().step_by(7));
        for end in ends {
            for reach in [5, 20, 60, 1000] {
                let range = end.saturating_sub(reach)..end;
                let fresh = Memo::new(text.as_bytes()).open_armour(range.clone());
                assert_eq!(memo.open_armour(range.clone()), fresh, "{range:?}");
                let part = &text[range];
                let plain =
                    part.rfind("-----BEGIN ").is_some_and(|at| !part[at..].contains("-----END "));
                assert_eq!(fresh.is_some(), plain);
            }
            if text.as_bytes()[end].is_ascii_alphanumeric() {
                let span = end..end + 1;
                let fresh = Memo::new(text.as_bytes());
                assert_eq!(memo.base64_around(&span), fresh.base64_around(&span));
                assert_eq!(memo.jwt_around(&span), fresh.jwt_around(&span));
            }
        }
    }
}

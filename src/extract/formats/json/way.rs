//! The way of keys that leads to where the reading of a JSON document is.

/// Deeper than this nothing is told apart.
const DEEPEST: usize = 256;
/// The longest key that is known whole.
const LONGEST_KEY: usize = 256;

/// The keys from the document's root to a value; an element of a list has an empty one.
#[derive(Debug, Default)]
pub(crate) struct Way {
    keys: Vec<u8>,
    steps: Vec<Step>,
    /// How many objects and lists beyond [`DEEPEST`] are open.
    deeper: usize,
}

/// An object or a list that is open.
#[derive(Debug)]
struct Step {
    /// Where the key of what is read of it begins.
    key: usize,
    list: bool,
}

impl Way {
    /// How many keys it has.
    pub(crate) fn len(&self) -> usize {
        self.steps.len()
    }

    /// The key with this number; empty for an element of a list, and where there is none.
    pub(crate) fn key(&self, number: usize) -> &[u8] {
        let Some(step) = self.steps.get(number) else {
            return &[];
        };
        let end = self.steps.get(number + 1).map_or(self.keys.len(), |next| next.key);
        self.keys.get(step.key..end).unwrap_or_default()
    }

    /// The last key: empty for an element of a list.
    pub(crate) fn own(&self) -> &[u8] {
        self.key(self.len().saturating_sub(1))
    }

    /// The last key that is not empty: that of a value or of the list that it stands in.
    pub(crate) fn nearest(&self) -> &[u8] {
        (0..self.len()).rev().map(|at| self.key(at)).find(|key| !key.is_empty()).unwrap_or(&[])
    }

    /// Whether the keys from the one with the number `from` on are `keys`, all of them.
    pub(crate) fn is(&self, from: usize, keys: &[&str]) -> bool {
        self.len() == from + keys.len() && self.begins(from, keys)
    }

    /// Whether the keys from the one with the number `from` on begin with `keys`.
    pub(crate) fn begins(&self, from: usize, keys: &[&str]) -> bool {
        self.len() >= from + keys.len()
            && keys.iter().enumerate().all(|(at, key)| self.key(from + at) == key.as_bytes())
    }

    /// Whether one of the keys from the one with the number `from` on is one of `keys`.
    pub(crate) fn holds(&self, from: usize, keys: &[&str]) -> bool {
        (from..self.len()).any(|at| keys.iter().any(|key| self.key(at) == key.as_bytes()))
    }

    /// Whether what is read stands in an object, where strings are keys and values in turn.
    pub(super) fn in_object(&self) -> bool {
        self.deeper == 0 && self.steps.last().is_some_and(|step| !step.list)
    }

    pub(super) fn set_key(&mut self, key: &[u8]) {
        if let Some(step) = self.steps.last() {
            self.keys.truncate(step.key);
            self.keys.extend_from_slice(key.get(..LONGEST_KEY).unwrap_or(key));
        }
    }

    /// Whether an object or a list that begins now is told apart.
    pub(super) fn goes_on(&self) -> bool {
        self.steps.len() < DEEPEST
    }

    pub(super) fn enter(&mut self, list: bool) {
        if self.goes_on() {
            self.steps.push(Step { key: self.keys.len(), list });
        } else {
            self.deeper += 1;
        }
    }

    /// Answers whether what ends was told apart.
    pub(super) fn leave(&mut self) -> bool {
        if self.deeper > 0 {
            self.deeper -= 1;
            return false;
        }
        let left = self.steps.pop();
        if let Some(step) = &left {
            self.keys.truncate(step.key);
        }
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lead_there_and_back() {
        let mut way = Way::default();
        way.enter(false);
        way.set_key(b"value");
        way.enter(true);
        way.enter(false);
        way.set_key(b"from");
        way.enter(false);
        way.set_key(b"name");
        assert!(way.is(0, &["value", "", "from", "name"]));
        assert!(way.is(2, &["from", "name"]) && way.begins(0, &["value", ""]));
        assert!(!way.is(0, &["value", "", "from"]) && way.holds(1, &["x", "from"]));
        way.leave();
        way.set_key(b"a longer key");
        assert_eq!((way.own(), way.nearest()), (&b"a longer key"[..], &b"a longer key"[..]));
        way.leave();
        assert_eq!((way.len(), way.own(), way.nearest()), (2, &b""[..], &b"value"[..]));
        for _ in 0..9 {
            way.leave();
        }
        assert_eq!((way.len(), way.key(0)), (0, &b""[..]));
    }

    #[test]
    fn what_is_deeper_is_not_told_apart() {
        let mut way = Way::default();
        for _ in 0..100_000 {
            way.enter(false);
            way.set_key(b"k");
        }
        assert_eq!((way.len(), way.in_object()), (DEEPEST, false));
        for _ in 0..100_000 - 1 {
            way.leave();
        }
        assert_eq!((way.len(), way.in_object()), (1, true));
    }
}

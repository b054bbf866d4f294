//! Where a value stands in a tree, by key and position: `storage.place`, `access[1].reason`.

use super::{Node, Span, Value};

/// One step from a node to one below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Into a map.
    Key(String),
    /// Into a list, counted from 0; `None` stands for any element.
    Index(Option<usize>),
}

/// The way from a tree's root to a node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Path(pub(crate) Vec<Step>);

impl Path {
    /// Reads `a.b`, `a[0].b` or `a[].b`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        for part in text.split('.') {
            let (key, mut rest) = part.split_at(part.find('[').unwrap_or(part.len()));
            if key.is_empty() || key.contains(']') {
                return None;
            }
            steps.push(Step::Key(key.to_owned()));
            while !rest.is_empty() {
                let (index, after) = rest.strip_prefix('[')?.split_once(']')?;
                steps.push(Step::Index(match index {
                    "" => None,
                    digits => Some(digits.parse().ok()?),
                }));
                rest = after;
            }
        }
        Some(Self(steps))
    }

    /// This path with a key more.
    pub(crate) fn key(&self, key: &str) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Key(key.to_owned()));
        Self(steps)
    }

    /// This path with a position more.
    pub(crate) fn index(&self, index: Option<usize>) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Index(index));
        Self(steps)
    }

    /// Whether this path leads to `other` or to something above it, where [`Step::Index`] of
    /// `None` on either side meets any position.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.0.len() <= other.0.len()
            && self.0.iter().zip(&other.0).all(|pair| match pair {
                (Step::Key(a), Step::Key(b)) => a == b,
                (Step::Index(Some(a)), Step::Index(Some(b))) => a == b,
                (Step::Index(_), Step::Index(_)) => true,
                _ => false,
            })
    }

    /// The place to underline for this path in `root`: the value; a key instead of a value of
    /// several lines; for something that is not there, the key of the innermost section that is.
    pub(crate) fn locate(&self, root: &Node) -> Span {
        let mut node = root;
        let mut best = root
            .entries()
            .first()
            .map_or(root.span.clone(), |entry| entry.key_span.start..entry.node.span.end);
        if root.entries().first().is_some_and(|first| is_tall(&first.node)) {
            best = root.entries()[0].key_span.clone();
        }
        for step in &self.0 {
            let next = match step {
                Step::Key(key) => node.entry(key).map(|entry| {
                    let span = if is_tall(&entry.node) || entry.node.span.is_empty() {
                        entry.key_span.clone()
                    } else {
                        entry.node.span.clone()
                    };
                    (span, &entry.node)
                }),
                Step::Index(index) => node.elements().get(index.unwrap_or(0)).map(|element| {
                    let span = match element.entries().first() {
                        Some(first) if is_tall(&first.node) => first.key_span.clone(),
                        Some(first) => first.key_span.start..first.node.span.end,
                        None => element.span.clone(),
                    };
                    (span, element)
                }),
            };
            let Some((span, below)) = next else { break };
            best = span;
            node = below;
        }
        best
    }
}

/// Whether underlining the whole node would mark more than one value.
fn is_tall(node: &Node) -> bool {
    match &node.value {
        Value::Map(_) => true,
        Value::List(elements) => elements
            .iter()
            .any(|element| !element.entries().is_empty() || !element.elements().is_empty()),
        _ => false,
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if position == 0 => write!(f, "{key}")?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(Some(index)) => write!(f, "[{index}]")?,
                Step::Index(None) => f.write_str("[]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for text in ["expires", "storage.place", "access[1].reason", "access[].data"] {
            assert_eq!(Path::parse(text).map(|path| path.to_string()).as_deref(), Some(text));
        }
        for text in ["", ".a", "a..b", "a[x]", "a[1", "a]"] {
            assert_eq!(Path::parse(text), None, "{text}");
        }
    }

    #[test]
    fn covers_itself_and_what_is_below() {
        let path = |text| Path::parse(text).unwrap_or_default();
        assert!(path("access").covers(&path("access[1].reason")));
        assert!(path("access[1]").covers(&path("access[].reason")));
        assert!(!path("access[1].data").covers(&path("access[].reason")));
        assert!(!path("issuance.on").covers(&path("issuance")));
    }
}

//! The names of members: written by whoever made the container, so nothing in them may be more
//! than a name.

/// The longest name that is kept; in characters.
const LONGEST: usize = 400;

/// A member's name as it is shown: with `/`, never absolute, never leading out of its container.
pub fn clean(name: &str) -> String {
    let mut clean = String::with_capacity(name.len().min(LONGEST));
    for part in name.split(['/', '\\']) {
        let part = match part {
            "" | "." => continue,
            // it can't be followed, but is still seen
            ".." => "‥",
            part => part,
        };
        if !clean.is_empty() {
            clean.push('/');
        }
        clean.push_str(part);
    }
    if let Some((cut, _)) = clean.char_indices().nth(LONGEST) {
        clean.truncate(cut);
        clean.push('…');
    }
    if clean.is_empty() { "(no name)".to_owned() } else { clean }
}

/// The first words of `name`: at most `most` characters, and no part of a word, since that could
/// be a part of a secret.
pub fn short(name: &str, most: usize) -> String {
    let Some((cut, _)) = name.char_indices().nth(most) else {
        return name.to_owned();
    };
    let kept = name.get(..cut).unwrap_or_default();
    let words = if name[cut..].starts_with(char::is_whitespace) {
        kept
    } else {
        kept.rfind(char::is_whitespace).map_or("", |end| &kept[..end])
    };
    format!("{}…", words.trim_end())
}

/// The name of what a compressed file of the name `name` holds, when its format usually adds one
/// of `endings`, and `endings` in a pair say what replaces them.
pub fn without_ending(name: &str, endings: &[(&str, &str)]) -> String {
    let lower = name.to_ascii_lowercase();
    for (ending, instead) in endings {
        if lower.len() > ending.len() && lower.ends_with(ending) {
            let stem = name.get(..name.len() - ending.len()).unwrap_or(name);
            return format!("{stem}{instead}");
        }
    }
    if name.is_empty() { "content".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere() {
        for (given, shown) in [
            ("a/b.txt", "a/b.txt"),
            ("/etc/passwd", "etc/passwd"),
            ("../../x", "‥/‥/x"),
            ("C:\\Users\\me\\x.txt", "C:/Users/me/x.txt"),
            ("./a//b/", "a/b"),
            ("", "(no name)"),
            ("///", "(no name)"),
        ] {
            assert_eq!(clean(given), shown, "{given}");
        }
        assert_eq!(clean(&"é".repeat(9000)).chars().count(), LONGEST + 1);
    }

    #[test]
    fn a_short_name_has_whole_words() {
        assert_eq!(short("Ada Kerr", 8), "Ada Kerr");
        assert_eq!(short("Ada Kerr of Dayton", 8), "Ada Kerr…");
        assert_eq!(short("Ada Kerr of Dayton", 10), "Ada Kerr…");
        assert_eq!(short(&"é".repeat(90), 80), "…");
    }

    #[test]
    fn names_what_was_compressed() {
        let endings = [(".tgz", ".tar"), (".gz", "")];
        assert_eq!(without_ending("a.txt.GZ", &endings), "a.txt");
        assert_eq!(without_ending("b.tgz", &endings), "b.tar");
        assert_eq!(without_ending("grades.rds", &endings), "grades.rds");
        assert_eq!(without_ending("", &endings), "content");
        assert_eq!(without_ending(".gz", &endings), ".gz");
    }
}

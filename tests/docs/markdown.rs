//! As much Markdown as the pages use.

/// A fenced block.
pub(crate) struct Block {
    pub(crate) language: String,
    pub(crate) text: String,
}

impl Block {
    /// The commands, each with the lines that are shown below it. Where no line begins with `$ `,
    /// every line is a command; what stands behind two spaces and a `#` is a remark.
    pub(crate) fn commands(&self) -> Vec<(&str, Vec<&str>)> {
        let mut commands: Vec<(&str, Vec<&str>)> = Vec::new();
        let prompts = self.text.lines().any(|line| line.starts_with("$ "));
        for line in self.text.lines() {
            let without = || line.split("  #").next().unwrap_or(line).trim_end();
            match line.strip_prefix("$ ") {
                Some(command) => commands.push((command, Vec::new())),
                None if !prompts && !line.trim().is_empty() => {
                    commands.push((without(), Vec::new()))
                }
                None => {
                    if let Some((_, shown)) = commands.last_mut() {
                        shown.push(line);
                    }
                }
            }
        }
        commands
    }
}

/// The fenced blocks of a page, in order.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(language), None) => {
                open = Some(Block { language: language.trim().to_owned(), text: String::new() });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// The page without its fenced blocks.
fn prose(text: &str) -> String {
    let mut inside = false;
    let keep = |line: &&str| {
        let fence = line.starts_with("```");
        inside ^= fence;
        !inside && !fence
    };
    text.lines().filter(keep).collect::<Vec<_>>().join("\n")
}

/// Where the links and pictures of a page lead.
pub(crate) fn links(text: &str) -> Vec<String> {
    let pattern =
        regex::Regex::new(r#"\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)""#).expect("a pattern");
    let prose = prose(text);
    let code = regex::Regex::new("`[^`]*`").expect("a pattern");
    let prose = code.replace_all(&prose, "");
    pattern
        .captures_iter(&prose)
        .filter_map(|found| Some(found.get(1).or(found.get(2))?.as_str().to_owned()))
        .collect()
}

/// The anchors of a page's headings.
pub(crate) fn anchors(text: &str) -> Vec<String> {
    let heading = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>()
    };
    prose(text).lines().filter(|line| line.starts_with('#')).map(heading).collect()
}

/// Text that means nothing to Markdown, but for what stands between backticks.
pub(crate) fn escaped(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let escape = |(at, part): (usize, &str)| match at % 2 {
        0 => part
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('*', "\\*")
            .replace('_', "\\_")
            .replace('[', "\\["),
        _ => part.to_owned(),
    };
    words.join(" ").split('`').enumerate().map(escape).collect::<Vec<_>>().join("`")
}

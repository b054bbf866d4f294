//! How well two colours of the style sheet can be told apart, as WCAG 2.2 reckons it.

use std::collections::BTreeMap;

use regex::Regex;

/// The colours by name: of the light scheme, and of the dark one, which changes some of them.
pub(crate) fn schemes(sheet: &str) -> [BTreeMap<String, String>; 2] {
    let (light, rest) = sheet.split_once("prefers-color-scheme: dark").expect("a dark scheme");
    let dark = rest.split_once("}\n}").expect("an end").0;
    let colors = |text: &str| -> BTreeMap<String, String> {
        let pattern = Regex::new(r"--([a-z-]+): (#[0-9a-f]{6});").expect("a pattern");
        pattern.captures_iter(text).map(|one| (one[1].to_owned(), one[2].to_owned())).collect()
    };
    let (light, dark) = (colors(light), colors(dark));
    assert!(light.keys().eq(dark.keys()), "a colour is in one scheme only");
    [light, dark]
}

/// From 1, the same, to 21, black on white.
pub(crate) fn ratio(one: &str, other: &str) -> f64 {
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(color: &str) -> f64 {
    let part = |at: usize| {
        let value = u8::from_str_radix(&color[at..at + 2], 16).expect("two digits");
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

use proptest::prelude::*;
use serde_json::Value;

use super::reader::read_by;
use super::*;
use crate::extract::unpack::budget::{Budget, Limits};

/// The way of a value as one string, and what comes.
fn events(mut json: &[u8], chunk: usize) -> Vec<(String, String)> {
    let budget = Budget::new(Limits::default());
    let mut seen = Vec::new();
    let too_long = read_by(chunk, &mut json, &budget, &mut |way, next| {
        let keys: Vec<_> =
            (0..way.len()).map(|at| String::from_utf8_lossy(way.key(at)).into_owned()).collect();
        let what = match next {
            Json::Open => "open".to_owned(),
            Json::Close => "close".to_owned(),
            Json::Value(value) => format!("= {}", value.text()),
            Json::Other => "other".to_owned(),
        };
        seen.push((keys.join("/"), what));
        Ok(())
    })
    .unwrap();
    assert_eq!(too_long, 0);
    seen
}

#[test]
fn strings_have_ways_and_what_is_not_sound_is_passed_over() {
    let json =
        br#"{"a\n": ["x", 1, {"b":"y"}] ,"n" : -1.5e3, "c": tru "d": "z" "e" }]] "f", "cut\"#;
    let due = [
        ("", "open"),
        ("a\n", "open"),
        ("a\n/", "= x"),
        ("a\n/", "other"),
        ("a\n/", "open"),
        ("a\n//b", "= y"),
        ("a\n/", "close"),
        ("a\n", "close"),
        ("n", "other"),
        ("c", "other"),
        ("d", "= z"),
        ("", "close"),
        ("", "= f"),
        ("", "= cut\\"),
    ];
    let due: Vec<_> = due.map(|(way, what)| (way.to_owned(), what.to_owned())).into();
    assert_eq!(events(json, 1), due);
    assert_eq!(events(json, 1 << 20), due);
}

#[test]
fn text_has_the_place_of_the_string() {
    let json =
        "\u{feff}{\"a\": [\"x\\u007ey\\ud83d\\ude00é\u{20ac}\",\n \"\\\"z\", \"one\ntwo\\/\"]}";
    let mut text = Text::default();
    begin(json.as_bytes(), &mut |_, next| {
        if let Json::Value(value) = next {
            value.push_to(0, &mut text);
        }
    });
    let shown = String::from_utf8(text.bytes.clone()).unwrap();
    assert_eq!(shown, "x~y😀é€\"zone\ntwo/");
    let at = |part: &str| {
        let Position { line, column } = text.position(shown.find(part).unwrap());
        (line, column)
    };
    assert_eq!([at("x"), at("~"), at("y"), at("😀")], [(1, 9), (1, 10), (1, 16), (1, 17)]);
    assert_eq!([at("é"), at("€"), at("\""), at("z")], [(1, 29), (1, 30), (2, 3), (2, 5)]);
    assert_eq!([at("one"), at("two"), at("/")], [(2, 10), (3, 1), (3, 4)]);
}

#[test]
fn no_character_is_counted_twice() {
    let json = "[é€😀é \"€é\", ü\u{20ac} \"x\"]";
    for chunk in 1..12 {
        let mut columns = Vec::new();
        let budget = Budget::new(Limits::default());
        read_by(chunk, &mut json.as_bytes(), &budget, &mut |_, next| {
            if let Json::Value(value) = next {
                columns.push(value.at.column);
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(columns, [8, 17], "{chunk}");
    }
}

#[test]
fn characters_may_be_left_out() {
    let json = br#"["7~a<b>b\u003c/b>c<br>d \u00e9<i>"]"#;
    let mut text = Text::default();
    let mut tag = false;
    begin(json, &mut |_, next| {
        if let Json::Value(value) = next {
            value.push_chosen(0, &mut text, &mut |byte| match byte {
                b'<' => {
                    tag = true;
                    Take::Drop
                }
                b'>' => {
                    tag = false;
                    Take::Break
                }
                _ if tag => Take::Drop,
                _ => Take::Keep,
            });
        }
    });
    let shown = String::from_utf8(text.bytes.clone()).unwrap();
    assert_eq!(shown, "7~a\nb\nc\nd é\n");
    let at = |part: &str| text.position(shown.find(part).unwrap()).column;
    assert_eq!([at("7"), at("a"), at("b"), at("c"), at("d"), at("é")], [3, 5, 9, 19, 24, 26]);
}

#[test]
fn a_string_that_is_too_long_is_passed_over() {
    let long = "é\\\"".repeat(7 << 20);
    let json = format!("[\"{long}\", \"behind\"]");
    let budget = Budget::new(Limits::default());
    let mut seen = Vec::new();
    let too_long = read(&mut json.as_bytes(), &budget, &mut |_, next| {
        if let Json::Value(value) = next {
            seen.push((value.text(), value.at.column));
        }
        Ok(())
    });
    let column = 2 + (7 << 20) * 3 + 1 + 2 + 2;
    assert_eq!((too_long.unwrap(), seen), (1, vec![("behind".to_owned(), column)]));
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        "[\\\\\"\n\r\t\u{8}\u{1}/é😀:,{}\\[\\]]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-z\"\\\\é]{0,4}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// All strings of `value`, with the ways to them.
fn strings(value: &Value, way: &mut Vec<String>, seen: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => seen.push((way.join("/"), text.clone())),
        Value::Array(list) => list.iter().for_each(|inner| {
            way.push(String::new());
            strings(inner, way, seen);
            way.pop();
        }),
        Value::Object(map) => map.iter().for_each(|(key, inner)| {
            way.push(key.clone());
            strings(inner, way, seen);
            way.pop();
        }),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_string_is_there_at_its_place(value in value(), pretty: bool, chunk in 1usize..40) {
        let json = if pretty {
            serde_json::to_string_pretty(&value).unwrap()
        } else {
            value.to_string()
        };
        let mut due = Vec::new();
        strings(&value, &mut Vec::new(), &mut due);
        let budget = Budget::new(Limits::default());
        let mut seen = Vec::new();
        let mut last = Position::default();
        read_by(chunk, &mut json.as_bytes(), &budget, &mut |way, next| {
            let Json::Value(string) = next else { return Ok(()) };
            let keys: Vec<_> = (0..way.len())
                .map(|at| String::from_utf8_lossy(way.key(at)).into_owned())
                .collect();
            let mut text = Text::default();
            string.push_to(7, &mut text);
            // each character stands where its position says
            let shown = String::from_utf8(text.bytes.clone()).unwrap();
            for (at, c) in shown.char_indices() {
                let Position { line, column } = text.position(at);
                let line = json.split('\n').nth(line as usize - 1).unwrap();
                let rest: String = line.chars().skip(column as usize - 1).collect();
                let written = serde_json::to_string(&c.to_string()).unwrap();
                // two that are read as a blank
                let blank = c == ' ' && (rest.starts_with("\\b") || rest.starts_with("\\f"));
                assert!(rest.starts_with(written.trim_matches('"').trim_end_matches('\\')) || blank,
                    "{c:?} {rest}");
            }
            assert!(string.at > last);
            last = string.at;
            seen.push((keys.join("/"), shown));
            Ok(())
        }).unwrap();
        let blanks = |text: &str| text.replace(['\u{8}', '\u{c}'], " ");
        due.iter_mut().for_each(|(_, text)| *text = blanks(text));
        prop_assert_eq!(seen, due);
    }
}

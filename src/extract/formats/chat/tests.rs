use super::*;

fn kind(text: &str) -> Option<&'static str> {
    shape_of(text.as_bytes()).map(|shape| shape.kind)
}

#[test]
fn exports_are_told_by_their_shape() {
    for (text, due) in [
        (r#"[{"user":"U1","type":"message","ts":"1769850000.000100","text":"x"}]"#, "slack.json"),
        (
            r#" {"channel_id":"C1","messages":[{"type":"message","ts":"1769850000.000100"}]}"#,
            "slack.json",
        ),
        (
            r#"{"@odata.context":"x","value":[{"messageType":"message","createdDateTime":"2026-01-31T09:00:00Z","body":{"contentType":"html","content":"x"}}]}"#,
            "msteams.json",
        ),
        (
            r#"{"userId":"8:ada","exportDate":"2026-01-31T09:00","conversations":[{"id":"8:bo","MessageList":[]}]}"#,
            "msteams.json",
        ),
        (r#"{"guild":{"id":"1"},"channel":{"id":"2","name":"x"},"messages":[]}"#, "discord.json"),
        (
            r#"[{"ID":1,"Timestamp":"2026-01-31 09:00:00","Contents":"x","Attachments":""}]"#,
            "discord.json",
        ),
    ] {
        assert_eq!(kind(text), Some(due), "{text}");
    }
}

#[test]
fn other_json_is_no_chat() {
    for text in [
        r#"[{"user":"ada","text":"x","type":"message","ts":"2026-01-31"}]"#,
        r#"[{"type":"event","ts":"1769850000.000100","text":"x"}]"#,
        r#"{"type":"message","ts":"1769850000.000100"}"#,
        r#"{"messages":{"type":"message","ts":"1769850000.000100"}}"#,
        // mail from Microsoft Graph
        r#"{"value":[{"createdDateTime":"2026-01-31T09:00:00Z","from":{"emailAddress":{}},"body":{"contentType":"html","content":"x"}}]}"#,
        r#"{"messages":[{"role":"user","content":"x"}],"model":"x"}"#,
        r#"{"guild":"1","channel":"2","messages":[]}"#,
        r#"[{"ID":1,"Timestamp":"x","Contents":"x"}]"#,
        r#"{"conversations":[{"MessageList":[]}]}"#,
        "{}",
        "[",
        "",
    ] {
        assert_eq!(kind(text), None, "{text}");
    }
}

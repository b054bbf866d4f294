//! Parts of messages that can't be read without a key. RFC 8551, section 3.3; RFC 3156, section 4;
//! RFC 9580, section 6.2.

use std::io::Read;

use mail_parser::{MessagePart, MimeHeaders};

use crate::extract::formats::encoded::Decoded;

/// What begins what is encrypted in the way of CMS: the identifiers of enveloped-data, with and
/// without authentication. RFC 5652, section 6.1; RFC 5083, section 2.
const ENVELOPED: [&[u8]; 2] = [
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03",
    b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17",
];
/// An identifier stands behind one length.
const BEGIN: u64 = 32;

/// Whether a part is encrypted.
pub(super) fn is_encrypted(part: &MessagePart<'_>) -> bool {
    let Some(kind) = part.content_type() else {
        return is_armoured(part);
    };
    let subtype = kind.subtype().unwrap_or_default().to_ascii_lowercase();
    match kind.ctype().to_ascii_lowercase().as_str() {
        "multipart" => subtype == "encrypted",
        "text" => is_armoured(part),
        "application" if matches!(subtype.as_str(), "pkcs7-mime" | "x-pkcs7-mime") => {
            let said = kind.attribute("smime-type").unwrap_or_default().to_ascii_lowercase();
            said.ends_with("enveloped-data") || said.is_empty() && is_enveloped(part.contents())
        }
        _ => false,
    }
}

/// Whether the text is what OpenPGP wrote, and nothing else.
fn is_armoured(part: &MessagePart<'_>) -> bool {
    const ARMOUR: &[u8] = b"-----BEGIN PGP MESSAGE-----";
    let text = part.contents().trim_ascii_start();
    let mut decoded = Vec::new();
    text.starts_with(ARMOUR)
        || super::is_base64(part)
            && Decoded::new(text).take(BEGIN).read_to_end(&mut decoded).is_ok()
            && decoded.trim_ascii_start().starts_with(ARMOUR)
}

/// Whether a part that does not say what it is begins as what is encrypted does.
fn is_enveloped(contents: &[u8]) -> bool {
    let mut decoded = Vec::new();
    let is_binary = contents.first() == Some(&0x30);
    let begin = contents.get(..BEGIN as usize).unwrap_or(contents);
    if !is_binary && Decoded::new(contents).take(BEGIN).read_to_end(&mut decoded).is_err() {
        return false;
    }
    let begin = if is_binary { begin } else { &decoded };
    ENVELOPED.iter().any(|identifier| memchr::memmem::find(begin, identifier).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(head: &str, body: &str) -> bool {
        let text =
            format!("From: a\r\nMIME-Version: 1.0\r\nContent-Type: {head}\r\n\r\n{body}\r\n");
        let message = super::super::parser().parse(text.as_bytes()).unwrap();
        message.parts.iter().any(is_encrypted)
    }

    #[test]
    fn what_is_encrypted_is_told_from_what_is_signed() {
        const ENVELOPE: &str = "MIIB4QYJKoZIhvcNAQcDoIIB0jCCAc4CAQAx";
        const SIGNED: &str = "MIIB4QYJKoZIhvcNAQcCoIIB0jCCAc4CAQAx";
        for head in ["application/pkcs7-mime", "Application/X-PKCS7-MIME; name=smime.p7m"] {
            assert!(is(&format!("{head}; smime-type=enveloped-data"), "x"), "{head}");
            assert!(is(&format!("{head}; smime-type=authEnveloped-data"), "x"), "{head}");
            assert!(is(head, ENVELOPE), "{head}");
            assert!(!is(head, SIGNED), "{head}");
            assert!(!is(&format!("{head}; smime-type=signed-data"), SIGNED), "{head}");
        }
        let parts = "--b\r\n\r\nx\r\n--b--\r\n";
        assert!(is(
            "multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b",
            parts
        ));
        assert!(!is("multipart/signed; boundary=b", parts));
        const ARMOUR: &str = "\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQ==\r\n";
        assert!(is("text/plain", ARMOUR));
        let base64 = "text/plain\r\nContent-Transfer-Encoding: base6_";
        assert!(is(base64, "LS0tLS1CRUdJTiBQR1AgTUVTU0FHRS0tLS0tCgpoUUVN\r\n"));
        assert!(!is(base64, "LS0tLS1CRUdJTiBQR1AgU0lHTkFUVVJFLS0tLS0K\r\n"));
        assert!(!is("text/plain", &format!("As in\r\n{ARMOUR}")));
    }
}

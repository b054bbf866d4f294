//! The parser's errors in the reader's words: what is wrong with the line, and what to write.

use serde_saphyr::granit_parser::ErrorKind;

/// What happened, and how to mend it where there is a usual way.
pub(super) fn describe(kind: &ErrorKind) -> (String, Option<String>) {
    let (message, help) = match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => {
            ("a tab where YAML wants spaces", "indent with spaces, two for each level")
        }
        ErrorKind::MappingValueNotAllowed
        | ErrorKind::InvalidColonPlacement
        | ErrorKind::InvalidMappingValueWhitespace => (
            "a colon where no key is expected",
            "put a text that holds a colon between quotes; indent keys of one section alike",
        ),
        ErrorKind::MappingKeyNotAllowed
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::SimpleKeyExpected
        | ErrorKind::InvalidSimpleKey => (
            "this line is neither a key with a value nor a list entry of the section it stands in",
            "write `key: value`, and indent the keys of one section alike",
        ),
        ErrorKind::InvalidIndentation
        | ErrorKind::InvalidBlockScalarIndent
        | ErrorKind::InvalidQuotedScalarIndent
        | ErrorKind::InvalidFlowScalarIndent => (
            "this line is not indented like the section it belongs to",
            "indent with two spaces for each level",
        ),
        ErrorKind::ExpectedBlockSequenceEntry | ErrorKind::BlockSequenceEntryNotAllowed => (
            "a list entry (`- …`) does not fit here",
            "put the list under its key, every entry on its own line and indented alike",
        ),
        ErrorKind::BlockEntryInFlowCollection => (
            "a list entry (`- …`) stands between brackets",
            "between brackets, separate entries by commas",
        ),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => (
            "a text that begins with a quote has no closing one",
            "close the quote, or remove the opening one",
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar
        | ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            "something follows the closing quote",
            "put the whole text between the quotes; inside single quotes, write '' for a quote",
        ),
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate
        | ErrorKind::InvalidUnicodeEscape => (
            "a backslash inside double quotes begins an escape that does not exist",
            "use single quotes, or write two backslashes",
        ),
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator => (
            "a bracket or brace is opened and not closed",
            "close it, and separate what stands between by commas",
        ),
        ErrorKind::MisplacedFlowCollectionEnd | ErrorKind::MismatchedFlowCollectionEnd { .. } => (
            "a closing bracket or brace that was not opened",
            "remove it, or put the text between quotes",
        ),
        ErrorKind::RecursionLimitExceeded => {
            ("values are nested too deeply to be read", "no request needs more than a few levels")
        }
        ErrorKind::UnknownAnchor => (
            "an alias (`*name`) of something that is not defined above",
            "put a text that begins with `*` between quotes",
        ),
        ErrorKind::MissingAnchorOrAliasName => (
            "`*` or `&` at the start of a value means an alias or an anchor",
            "put the text between quotes",
        ),
        ErrorKind::UnexpectedCharacter { .. } => (
            "a value begins with a character that YAML keeps for itself",
            "put the text between quotes",
        ),
        ErrorKind::PlainScalarStartsWithDashFlowIndicator
        | ErrorKind::ExpectedNodeContent
        | ErrorKind::UnexpectedEndOfPlainScalar => {
            ("a value was expected here", "write a value, or put the text between quotes")
        }
        ErrorKind::CommentNotSeparated => (
            "a `#` directly after a value",
            "put a space before a comment, or the text between quotes",
        ),
        ErrorKind::CommentInterceptedScalar => {
            ("a comment inside a text of several lines", "move the comment above the key")
        }
        ErrorKind::InvalidBlockScalarHeader | ErrorKind::ZeroBlockScalarIndent => (
            "something follows the `|` or `>` that begins a text of several lines",
            "begin the text on the next line, indented",
        ),
        _ => ("this is not YAML", "compare the line with the example in docs/requests.md"),
    };
    (message.to_owned(), Some(help.to_owned()))
}

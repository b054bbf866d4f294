//! What groups of RTF are for, and the encodings of their text.

use encoding_rs::Encoding;

use crate::extract::formats::story::Story;

/// What the text of a group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Text of a story.
    Text(Story),
    /// What a field says that it is, or a mark of the HTML that the text was made of.
    Field,
    /// Fonts: their names, and which alphabet each has.
    Fonts,
    /// A picture.
    Picture,
    /// An embedded object.
    Object,
    /// Data of whatever format.
    Data,
    /// Nothing that a person wrote.
    Nothing,
}

/// What a group that begins with this control word holds; `None` if it is none that begins a
/// group of its own.
pub(super) fn holds(word: &[u8], ignorable: bool) -> Option<Holds> {
    Some(match word {
        b"header" | b"headerl" | b"headerr" | b"headerf" => Holds::Text(Story::Header),
        b"footer" | b"footerl" | b"footerr" | b"footerf" => Holds::Text(Story::Footer),
        b"footnote" => Holds::Text(Story::Footnotes),
        b"annotation" => Holds::Text(Story::Comments),
        b"shptxt" | b"dptxbxtext" => Holds::Text(Story::TextBoxes),
        b"info" | b"userprops" => Holds::Text(Story::Properties),
        b"fldinst" | b"htmltag" | b"mhtmltag" => Holds::Field,
        b"fonttbl" => Holds::Fonts,
        b"pict" => Holds::Picture,
        b"objdata" => Holds::Object,
        b"datastore" => Holds::Data,
        b"colortbl"
        | b"stylesheet"
        | b"listtable"
        | b"listoverridetable"
        | b"rsidtbl"
        | b"generator"
        | b"themedata"
        | b"colorschememapping"
        | b"latentstyles"
        | b"panose"
        | b"falt"
        | b"fontemb"
        | b"pgptbl"
        | b"wgrffmtfilter"
        | b"mmathPr"
        | b"nonshppict"
        | b"blipuid"
        | b"fontfile"
        | b"passwordhash"
        | b"defchp"
        | b"defpap" => Holds::Nothing,
        // readers that don't know it leave it out, and people may have written it
        _ if ignorable => Holds::Text(Story::Other),
        _ => return None,
    })
}

/// The encoding of a code page.
pub(super) fn code_page(number: i32) -> &'static Encoding {
    match number {
        866 => encoding_rs::IBM866,
        874 => encoding_rs::WINDOWS_874,
        932 => encoding_rs::SHIFT_JIS,
        936 => encoding_rs::GBK,
        949 => encoding_rs::EUC_KR,
        950 => encoding_rs::BIG5,
        1250 => encoding_rs::WINDOWS_1250,
        1251 => encoding_rs::WINDOWS_1251,
        1253 => encoding_rs::WINDOWS_1253,
        1254 => encoding_rs::WINDOWS_1254,
        1255 => encoding_rs::WINDOWS_1255,
        1256 => encoding_rs::WINDOWS_1256,
        1257 => encoding_rs::WINDOWS_1257,
        1258 => encoding_rs::WINDOWS_1258,
        10000 => encoding_rs::MACINTOSH,
        65001 => encoding_rs::UTF_8,
        _ => encoding_rs::WINDOWS_1252,
    }
}

/// The encoding of a font's alphabet; `None` for the document's own.
pub(super) fn character_set(number: i32) -> Option<&'static Encoding> {
    Some(code_page(match number {
        77 => 10000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    }))
}

/// The text that a control word stands for.
pub(super) fn character(word: &[u8]) -> Option<&'static str> {
    Some(match word {
        b"tab" => "\t",
        b"line" | b"lbr" | b"softline" => "\n",
        b"emdash" => "—",
        b"endash" => "–",
        b"lquote" => "‘",
        b"rquote" => "’",
        b"ldblquote" => "“",
        b"rdblquote" => "”",
        b"bullet" => "•",
        b"emspace" | b"enspace" | b"qmspace" => " ",
        _ => return None,
    })
}

/// The usual extension of a picture of this kind, and whether it is one that is a file of its own.
pub(super) fn picture(word: &[u8]) -> Option<(&'static str, bool)> {
    Some(match word {
        b"pngblip" => ("png", true),
        b"jpegblip" => ("jpg", true),
        b"emfblip" => ("emf", false),
        b"wmetafile" => ("wmf", false),
        b"macpict" => ("pict", false),
        b"pmmetafile" => ("met", false),
        b"dibitmap" | b"wbitmap" => ("dib", false),
        _ => return None,
    })
}

//! Text on its way into HTML.

/// `text` with nothing in it that HTML could take for markup, inside an element or a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// JSON that no `</script>` or `<!--` in one of its texts can end; it means the same.
pub(super) fn script_json(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// Bytes in base 64 (RFC 4648, 4).
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |group: &[u8]| {
        let bits = (0..3).fold(0_usize, |bits, at| bits << 8 | usize::from(group.get(at).copied().unwrap_or(0)));
        let digit = |at: usize| if at <= group.len() { char::from(DIGITS[bits >> (18 - 6 * at) & 63]) } else { '=' };
        [0, 1, 2, 3].map(digit)
    };
    bytes.chunks(3).flat_map(group).collect()
}

/// A paragraph of text.
pub(super) fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escape(text))
}

/// A paragraph of small print.
pub(super) fn note(text: &str) -> String {
    format!("<p class=\"note\">{}</p>\n", escape(text))
}

/// A list of names with what they stand for, both as text.
pub(super) fn facts(pairs: &[(String, String)]) -> String {
    let mut html = "<dl class=\"facts\">\n".to_owned();
    for (name, value) in pairs {
        html.push_str(&format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escape(name), escape(value)));
    }
    html + "</dl>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_markup_survives_escaping() {
        assert_eq!(escape("<b a='1' c=\"2\">&amp;"), "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;amp;");
        assert_eq!(escape("Zürich"), "Zürich");
        assert_eq!(facts(&[("<".to_owned(), "&".to_owned())]), "<dl class=\"facts\">\n<div><dt>&lt;</dt><dd>&amp;</dd></div>\n</dl>\n");
    }

    /// RFC 4648, 10.
    #[test]
    fn base_64_is_that_of_rfc_4648() {
        let cases =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")];
        assert!(cases.iter().all(|(text, expected)| base64(text.as_bytes()) == *expected));
    }

    #[test]
    fn json_in_a_script_means_the_same_and_ends_no_element() {
        let json = serde_json::to_string(&["</script><!--", "a<b"]).expect("it can be written");
        let escaped = script_json(&json);
        assert!(!escaped.contains('<'));
        assert_eq!(serde_json::from_str::<Vec<String>>(&escaped).expect("JSON"), ["</script><!--", "a<b"]);
    }
}

//! Texts: written out, or as a reference to what the phone itself has a word for in its user's language.

use super::version::Charset;
use crate::pbx::Secret;

/// What a phone shows: one of its own words, what is written out, or the one before the other ("From 1003").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The phone's own word.
    pub label: Option<Label>,
    /// What is written out.
    pub literal: String,
}

impl Text {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.label.is_none() && self.literal.is_empty()
    }
}

impl From<&str> for Text {
    fn from(literal: &str) -> Text {
        Text::from(literal.to_owned())
    }
}

impl From<String> for Text {
    fn from(literal: String) -> Text {
        Text {
            label: None,
            literal,
        }
    }
}

impl From<Label> for Text {
    fn from(label: Label) -> Text {
        Text {
            label: Some(label),
            literal: String::new(),
        }
    }
}

/// A word that the phone has in its user's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Label {
    /// One of the first dictionary, which all phones have.
    Basic(u8),
    /// One of the second, of newer phones.
    Extended(u8),
}

/// Names of labels as the first dictionary has them in English.
macro_rules! labels {
    ($($name:ident = $id:literal $english:literal,)+) => {
        impl Label {
            $(
                #[doc = concat!("\"", $english, "\".")]
                pub const $name: Label = Label::Basic($id);
            )+

            /// What the label says in English, if it is one of the first dictionary that Perch knows.
            pub fn english(self) -> Option<&'static str> {
                match self {
                    $(Label::$name => Some($english),)+
                    _ => None,
                }
            }
        }
    };
}

labels! {
    REDIAL = 1 "Redial",
    NEW_CALL = 2 "NewCall",
    HOLD = 3 "Hold",
    TRANSFER = 4 "Transfer",
    CFWD_ALL = 5 "CFwdAll",
    CFWD_BUSY = 6 "CFwdBusy",
    CFWD_NO_ANSWER = 7 "CFwdNoAnswer",
    BACKSPACE = 8 "<<",
    END_CALL = 9 "EndCall",
    RESUME = 10 "Resume",
    ANSWER = 11 "Answer",
    INFO = 12 "Info",
    CONFRN = 13 "Confrn",
    PARK = 14 "Park",
    JOIN = 15 "Join",
    MEET_ME = 16 "MeetMe",
    PICK_UP = 17 "PickUp",
    GPICK_UP = 18 "GPickUp",
    YOUR_CURRENT_OPTIONS = 19 "Your current options",
    OFF_HOOK = 20 "Off Hook",
    ON_HOOK = 21 "On Hook",
    RING_OUT = 22 "Ring Out",
    FROM = 23 "From",
    CONNECTED = 24 "Connected",
    BUSY = 25 "Busy",
    LINE_IN_USE = 26 "Line In Use",
    CALL_WAITING = 27 "Call Waiting",
    CALL_TRANSFER = 28 "Call Transfer",
    CALL_PARK = 29 "Call Park",
    CALL_PROCEED = 30 "Call Proceed",
    IN_USE_REMOTE = 31 "In Use Remote",
    ENTER_NUMBER = 32 "Enter number",
    CALL_PARK_AT = 33 "Call Park At",
    PRIMARY_ONLY = 34 "Primary Only",
    TEMP_FAIL = 35 "Temp Fail",
    YOU_HAVE_VOICEMAIL = 36 "You Have VoiceMail",
    FORWARDED_TO = 37 "Forwarded to",
    CAN_NOT_COMPLETE_CONFERENCE = 38 "Can Not Complete Conference",
    KEY_IS_NOT_ACTIVE = 45 "Key Is Not Active",
    CONFERENCE = 52 "Conference",
    PARK_NUMBER = 53 "Park Number",
    PRIVATE = 54 "Private",
    UNKNOWN_NUMBER = 56 "Unknown Number",
    VOICEMAIL = 58 "Voicemail",
    IMM_DIV = 59 "ImmDiv",
    INTRCPT = 60 "Intrcpt",
    TRNSF_VM = 62 "TrnsfVM",
    DND = 63 "DND",
    DIV_ALL = 64 "DivAll",
    CALL_BACK = 65 "CallBack",
    BARGE = 67 "Barge",
    SERVICE_NOT_ACTIVE = 73 "Service is not Active",
    DIR_TRFR = 77 "DirTrfr",
    SELECT = 78 "Select",
    CONF_LIST = 79 "ConfList",
    I_DIVERT = 80 "iDivert",
    C_BARGE = 81 "cBarge",
    NUMBER_NOT_CONFIGURED = 85 "Number Not Configured",
    VIDEO_MODE = 88 "Video mode",
    O_PICK_UP = 91 "OPickUp",
    HLOG = 92 "HLog",
    LOGGED_OUT_OF_HUNT_GROUP = 93 "Logged Out Of Hunt Group",
}

/// What stands before a label of the first dictionary, and of the second.
const BASIC: u8 = 0x80;
const EXTENDED: u8 = 0x1E;

/// What is made of characters that a charset does not have, and of such as would not be characters to a phone.
const UNSAYABLE: char = '?';

/// What can stand in a text field.
pub(super) trait Characters: Sized {
    /// Puts as much of it as `room` bytes hold on the wire, without its NUL. No character is cut in two.
    fn put_on_wire(&self, charset: Charset, room: usize, wire: &mut Vec<u8>);

    /// What the bytes before the NUL say.
    fn from_wire(bytes: &[u8], charset: Charset) -> Self;
}

impl Characters for String {
    fn put_on_wire(&self, charset: Charset, room: usize, wire: &mut Vec<u8>) {
        put(self, charset, room, wire);
    }

    fn from_wire(bytes: &[u8], charset: Charset) -> String {
        let latin1 = || bytes.iter().copied().map(char::from).collect();
        match (charset, std::str::from_utf8(bytes)) {
            (Charset::Utf8, Ok(text)) => text.to_owned(),
            // Not what was agreed, but it is something.
            (Charset::Utf8, Err(_)) | (Charset::Latin1, _) => latin1(),
        }
    }
}

impl Characters for Secret {
    fn put_on_wire(&self, charset: Charset, room: usize, wire: &mut Vec<u8>) {
        put(self.reveal(), charset, room, wire);
    }

    fn from_wire(bytes: &[u8], charset: Charset) -> Secret {
        Secret::new(String::from_wire(bytes, charset))
    }
}

impl Characters for Text {
    fn put_on_wire(&self, charset: Charset, room: usize, wire: &mut Vec<u8>) {
        let label = match self.label {
            Some(Label::Basic(id)) => &[BASIC, id][..],
            Some(Label::Extended(id)) => &[EXTENDED, id],
            None => &[],
        };
        if label.len() <= room {
            wire.extend_from_slice(label);
            put(&self.literal, charset, room - label.len(), wire);
        }
    }

    fn from_wire(bytes: &[u8], charset: Charset) -> Text {
        let (label, literal) = match bytes {
            [BASIC, id, rest @ ..] => (Some(Label::Basic(*id)), rest),
            [EXTENDED, id, rest @ ..] => (Some(Label::Extended(*id)), rest),
            _ => (None, bytes),
        };
        Text {
            label,
            literal: String::from_wire(literal, charset),
        }
    }
}

/// Puts as many characters on the wire as there is room for.
fn put(text: &str, charset: Charset, room: usize, wire: &mut Vec<u8>) {
    let end = wire.len() + room;
    for char in text.chars() {
        // A control character might end the text, or be taken for a label.
        let is_line_end = matches!(char, '\n' | '\r' | '\t');
        let char = if char.is_control() && !is_line_end {
            UNSAYABLE
        } else {
            char
        };
        let mut utf8 = [0; 4];
        let encoded = match charset {
            Charset::Utf8 => char.encode_utf8(&mut utf8).as_bytes(),
            Charset::Latin1 => {
                utf8[0] = u8::try_from(char).unwrap_or(UNSAYABLE as u8);
                &utf8[..1]
            }
        };
        if wire.len() + encoded.len() > end {
            return;
        }
        wire.extend_from_slice(encoded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(text: &Text, charset: Charset, room: usize) -> Vec<u8> {
        let mut wire = b"before".to_vec();
        text.put_on_wire(charset, room, &mut wire);
        wire.split_off(6)
    }

    #[test]
    fn texts_are_cut_where_a_character_ends() {
        let table: [(&str, Charset, usize, &[u8]); 9] = [
            ("Jürgen", Charset::Latin1, 9, b"J\xfcrgen"),
            ("Jürgen", Charset::Latin1, 2, b"J\xfc"),
            ("Jürgen", Charset::Utf8, 9, b"J\xc3\xbcrgen"),
            ("Jürgen", Charset::Utf8, 2, b"J"),
            ("Jürgen", Charset::Utf8, 3, b"J\xc3\xbc"),
            ("日本 €", Charset::Latin1, 9, b"?? ?"),
            ("日本", Charset::Utf8, 5, b"\xe6\x97\xa5"),
            ("a\0b\u{1e}\u{80}c\n", Charset::Latin1, 9, b"a?b??c\n"),
            ("a\0b\u{1e}\u{80}c", Charset::Utf8, 9, b"a?b??c"),
        ];
        for (text, charset, room, expected) in table {
            assert_eq!(wire(&text.into(), charset, room), expected, "{text}");
        }
    }

    #[test]
    fn labels_stand_before_what_is_written_out() {
        let from = Text {
            label: Some(Label::FROM),
            literal: "1003".to_owned(),
        };
        let mobility = Text::from(Label::Extended(0o53));
        for charset in [Charset::Latin1, Charset::Utf8] {
            for (text, bytes) in [(&from, &b"\x80\x171003"[..]), (&mobility, b"\x1e\x2b")] {
                assert_eq!(wire(text, charset, 9), bytes);
                assert_eq!(Text::from_wire(bytes, charset), *text);
            }
            assert_eq!(wire(&from, charset, 3), b"\x80\x171");
            assert_eq!(wire(&from, charset, 1), b"", "no half label");
        }
        assert_eq!(Label::FROM.english(), Some("From"));
        assert_eq!(Label::Basic(200).english(), None);
    }

    #[test]
    fn bytes_that_are_not_what_was_agreed_are_taken_for_latin_1() {
        let table: [(&[u8], Charset, &str); 5] = [
            (b"J\xfcrgen", Charset::Latin1, "Jürgen"),
            (b"J\xfcrgen", Charset::Utf8, "Jürgen"),
            (b"J\xc3\xbcrgen", Charset::Utf8, "Jürgen"),
            (b"\x80", Charset::Utf8, "\u{80}"),
            (b"", Charset::Utf8, ""),
        ];
        for (bytes, charset, expected) in table {
            assert_eq!(Text::from_wire(bytes, charset), expected.into());
        }
    }
}

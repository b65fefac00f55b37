//! Words, texts and signs of a question.

use super::Refused;

/// More than this is no question about who is where.
const MOST: usize = 400;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A keyword or a name, in small letters.
    Word(String),
    /// A text between quotes.
    Text(String),
    /// A number, as it is written.
    Number(String),
    /// `, . ( ) * = <>`
    Sign(&'static str),
}

/// Longer ones first.
const SIGNS: [&str; 8] = ["<>", "!=", ",", ".", "(", ")", "*", "="];

impl Token {
    /// As it is said to whoever wrote it.
    pub fn shown(&self) -> &str {
        match self {
            Token::Word(text) | Token::Text(text) | Token::Number(text) => text,
            Token::Sign(sign) => sign,
        }
    }
}

/// Takes a question apart.
pub(super) fn read(text: &str) -> Result<Vec<Token>, Refused> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let behind;
        let token;
        if first.is_ascii_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            (token, behind) = (Token::Word(word.to_ascii_lowercase()), after);
        } else if first.is_ascii_digit() {
            let end = rest.find(|c: char| !c.is_ascii_digit());
            let (number, after) = rest.split_at(end.unwrap_or(rest.len()));
            (token, behind) = (Token::Number(number.to_owned()), after);
        } else if let '\'' | '"' = first {
            let (text, after) = quoted(&rest[1..], first)?;
            (token, behind) = (Token::Text(text), after);
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            let meant = if *sign == "!=" { "<>" } else { *sign };
            (token, behind) = (Token::Sign(meant), &rest[sign.len()..]);
        } else if first == ';' && rest[1..].trim().is_empty() {
            break;
        } else {
            let why = format!("{first:?} is not understood in a question");
            return Err(Refused::Unclear(why));
        }
        tokens.push(token);
        if tokens.len() > MOST {
            let why = format!("A question has {MOST} words and signs at most");
            return Err(Refused::Unclear(why));
        }
        rest = behind.trim_start();
    }
    Ok(tokens)
}

/// What stands before the closing quote; two of them are one that is meant.
fn quoted(rest: &str, quote: char) -> Result<(String, &str), Refused> {
    let mut text = String::new();
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != quote {
            text.push(c);
        } else if chars.peek().is_some_and(|(_, next)| *next == quote) {
            text.push(quote);
            chars.next();
        } else {
            return Ok((text, &rest[at + 1..]));
        }
    }
    Err(Refused::Unclear("A quote is opened and not closed".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_taken_apart() {
        let word = |text: &str| Token::Word(text.to_owned());
        let tokens = read(" SELECT e.userid FROM x WHERE a<>'it''s'and b!=\"q\" ; ");
        let expected = [
            word("select"),
            word("e"),
            Token::Sign("."),
            word("userid"),
            word("from"),
            word("x"),
            word("where"),
            word("a"),
            Token::Sign("<>"),
            Token::Text("it's".into()),
            word("and"),
            word("b"),
            Token::Sign("<>"),
            Token::Text("q".into()),
        ];
        assert_eq!(tokens, Ok(expected.to_vec()));
    }

    #[test]
    fn what_is_none_is_told_why() {
        for wrong in ["a; drop table device", "a > b", "'a", "a -- b", "ä"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(read(&"a ".repeat(MOST + 1)).is_err());
    }
}

//! Patterns of names: `%` stands for anything, and in SQL `_` for one character.

/// Whether a text is like a pattern, letters in any case. An empty pattern is like everything.
pub(super) fn is_found(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    pattern.is_empty() || matches(&pattern, &text, false)
}

/// Whether a text is like a pattern of SQL.
pub(super) fn is_like(pattern: &str, text: &str) -> bool {
    matches(pattern, text, true)
}

/// One step back is enough: what the last `%` stands for grows until the rest fits. So it takes no longer than the
/// product of both lengths, whatever the pattern.
fn matches(pattern: &str, text: &str, has_single: bool) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut back = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('%') => {
                back = Some((p, t));
                p += 1;
            }
            Some(c) if *c == text[t] || (has_single && *c == '_') => {
                p += 1;
                t += 1;
            }
            _ => match back {
                Some((at, from)) => {
                    p = at + 1;
                    t = from + 1;
                    back = Some((at, t));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_find_what_they_are_like() {
        let table = [
            ("%", "", true),
            ("SEP%", "SEP1", true),
            ("sep%", "SEP1", true),
            ("%11%22", "a11b1122", true),
            ("%11%22", "a11b112", false),
            ("SEP1", "SEP11", false),
            ("", "x", true),
            ("a_c", "abc", false),
            ("%a%a%a%a%a%a%a%b", &"a".repeat(2000), false),
        ];
        for (pattern, text, expected) in table {
            assert_eq!(is_found(pattern, text), expected, "{pattern} {text}");
        }
        assert!(is_like("a_c", "abc") && !is_like("a_c", "ABC") && !is_like("", "x"));
    }
}

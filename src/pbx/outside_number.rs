//! Numbers of ours as they are called, and shown, outside the house.

use super::names::Dn;
use super::route::Numbering;
use super::trunk::Trunk;

/// The number of ours that is called from outside.
pub(super) fn number_in(trunk: &Trunk, numbering: &Numbering, called: &str) -> Dn {
    if let Some(dn) = trunk.numbers.get(called) {
        return dn.clone();
    }
    let everywhere = match numbering.country_code.is_empty() {
        true => called.to_owned(),
        false => numbering.e164(called),
    };
    if let Some(dn) = trunk.numbers.get(&everywhere) {
        return dn.clone();
    }
    let prefix = trunk.number_prefix.as_str();
    let bare = prefix.trim_start_matches('+');
    let ways = [(called, prefix), (&everywhere, prefix), (called, bare)];
    let own = ways.into_iter().find_map(|(number, prefix)| {
        let own = number.strip_prefix(prefix)?;
        (!prefix.is_empty() && !own.is_empty()).then_some(own)
    });
    own.unwrap_or(called).into()
}

/// A number of ours as it is outside.
pub(super) fn number_outside(trunk: &Trunk, own: &Dn) -> Dn {
    let listed = trunk.numbers.iter().find(|(_, dn)| *dn == own);
    match (listed, &trunk.caller_number) {
        (_, Some(number)) => number.as_str().into(),
        (Some((number, _)), None) => number.as_str().into(),
        (None, None) => format!("{}{own}", trunk.number_prefix).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trunk() -> Trunk {
        Trunk {
            addresses: Vec::new(),
            account: None,
            from: Vec::new(),
            class: "outside".into(),
            probe_s: 30,
            max_calls: None,
            number_prefix: "+3120555".into(),
            numbers: [("+31800123".to_owned(), "9001".into())].into(),
            caller_number: None,
            caller_prepend: String::new(),
        }
    }

    #[test]
    fn called_numbers_are_found_however_they_are_written() {
        let numbering = Numbering {
            country_code: "31".into(),
            area_code: "20".into(),
            ..Numbering::default()
        };
        for (called, dn) in [
            ("+31205552001", "2001"),
            ("31205552001", "2001"),
            ("0031205552001", "2001"),
            ("0205552001", "2001"),
            ("5552001", "2001"),
            ("+31800123", "9001"),
            ("0800123", "9001"),
            ("+3120555", "+3120555"),
            ("+4930123", "+4930123"),
        ] {
            assert_eq!(
                number_in(&trunk(), &numbering, called),
                dn.into(),
                "{called}"
            );
        }
        let plain = Trunk {
            number_prefix: String::new(),
            ..trunk()
        };
        assert_eq!(
            number_in(&plain, &Numbering::default(), "2001"),
            "2001".into()
        );
    }

    #[test]
    fn our_numbers_are_shown_as_they_can_be_called() {
        assert_eq!(
            number_outside(&trunk(), &"2001".into()),
            "+31205552001".into()
        );
        assert_eq!(number_outside(&trunk(), &"9001".into()), "+31800123".into());
        let one = Trunk {
            caller_number: Some("+31205550000".into()),
            ..trunk()
        };
        assert_eq!(number_outside(&one, &"2001".into()), "+31205550000".into());
    }
}

//! Reads moments in the one form that Marathon writes.

/// Milliseconds since the epoch of the moment in `text`, where it has the form of Marathon,
/// `2016-10-13T13:31:39.067Z`. A general parser takes as long as all the rest of an event. It is left
/// for any other form, and for the moments that few calendars have.
pub(super) fn marathons(text: &[u8]) -> Option<i64> {
    let text: &[u8; 24] = text.try_into().ok()?;
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (23, b'Z')];
    if marks.iter().any(|&(place, mark)| text[place] != mark) {
        return None;
    }
    let number = |from: usize, to: usize| {
        text[from..to].iter().try_fold(0_i64, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0'))
        })
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    // Days that not every month has, leap seconds and the ends of the calendar are for the parser.
    let plain = (1970..9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=28).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !plain {
        return None;
    }
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(seconds * 1000 + number(20, 23)?)
}

/// Days from 1970-01-01 to a day of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the day that comes and goes is the last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap = year / 4 - year / 100 + year / 400;
    // Five months from March have 153 days, and so do the next five.
    year * 365 + leap + (153 * month + 2) / 5 + day - 1 - MARCH_1_YEAR_0_TO_1970
}

/// Days from 1 March of the year 0 to 1 January 1970.
const MARCH_1_YEAR_0_TO_1970: i64 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Timestamp;
    use alloc::string::ToString;
    use proptest::prelude::*;

    /// Whether the general parser says the same, if this one says anything.
    fn agrees(text: &str) -> bool {
        let general = || text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond);
        marathons(text.as_bytes()).is_none_or(|ms| general() == Some(ms))
    }

    proptest! {
        #[test]
        fn agrees_with_the_general_parser(ms in -1_000_000_i64..253_402_207_200_000) {
            let text = Timestamp::from_millis(ms).to_string();
            prop_assert!(agrees(&text), "{}", text);
            prop_assert_eq!(text.parse(), Ok(Timestamp::from_millis(ms)));
        }

        #[test]
        fn agrees_about_what_is_none(text in "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]\\.[0-9x]{3}[Z+]") {
            prop_assert!(agrees(&text), "{}", text);
        }
    }

    #[test]
    fn the_form_of_marathon_is_read_here() {
        assert_eq!(marathons(b"2016-10-13T13:31:39.067Z"), Some(1_476_365_499_067));
        assert_eq!(marathons(b"2016-10-13T13:31:39Z"), None);
    }
}

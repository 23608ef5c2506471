//! Instants and days, in the one form in which Udal writes them.

use std::fmt;

use jiff::civil;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
const EPOCH: civil::Date = civil::Date::constant(1970, 1, 1);
/// 0001-01-01T00:00:00Z, in microseconds since 1970.
const FIRST: i64 = -62_135_596_800 * MICROS_PER_SECOND;
/// 9999-12-31T23:59:59.999999Z, in microseconds since 1970.
const LAST: i64 = 253_402_300_799 * MICROS_PER_SECOND + 999_999;

/// An instant in UTC, to the microsecond, in the years 1 to 9999.
///
/// Written as RFC 3339 with `Z`; the fraction is left out when it is zero and has six digits otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant now, by the system's clock.
    pub fn now() -> Self {
        Timestamp(jiff::Timestamp::now().as_microsecond().clamp(FIRST, LAST))
    }

    /// The instant that many microseconds after 1970-01-01T00:00:00Z; `None` outside the years 1 to 9999.
    pub fn from_micros(micros: i64) -> Option<Self> {
        (FIRST..=LAST).contains(&micros).then_some(Timestamp(micros))
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339, with any offset.
    ///
    /// ```
    /// use udal_core::value::Timestamp;
    /// let noon = Timestamp::parse("2024-03-01T14:00:00+02:00").unwrap();
    /// assert_eq!(noon.to_string(), "2024-03-01T12:00:00Z");
    /// ```
    ///
    /// # Errors
    /// What is wrong: not RFC 3339, no offset, finer than a microsecond, outside the years 1 to 9999.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "expected RFC 3339, such as 2024-03-01T12:00:00Z";
        if !text.is_ascii() || !matches!(text.as_bytes().get(10), Some(b'T' | b't' | b' ')) {
            return Err(FORM);
        }
        let (day, time) = (text.get(..10).ok_or(FORM)?, text.get(11..).ok_or(FORM)?);
        let day = Date::parse(day).map_err(|_| "there is no such day in the years 1 to 9999")?;
        let zone_at =
            time.find(['Z', 'z', '+', '-']).ok_or("a time needs its offset: add Z for UTC, or such as +02:00")?;
        let (clock, zone) = time.split_at(zone_at);
        if clock.split_once('.').is_some_and(|(_, fraction)| fraction.len() > 6) {
            return Err("times are kept to the microsecond: give at most 6 digits after the point");
        }
        if clock.as_bytes().get(5) != Some(&b':') {
            return Err(FORM);
        }
        let clock: civil::Time = clock.parse().map_err(|_| FORM)?;
        let of_day = clock.duration_since(civil::Time::midnight()).as_micros();
        let of_day = i64::try_from(of_day).map_err(|_| FORM)?;
        let offset = offset_seconds(zone).ok_or("the offset is Z, or such as +02:00")? * MICROS_PER_SECOND;
        Timestamp::from_micros(i64::from(day.as_days()) * MICROS_PER_DAY + of_day - offset)
            .ok_or("a time must lie in the years 1 to 9999")
    }

    /// The day in UTC.
    pub fn date(self) -> Date {
        let days = i32::try_from(self.0.div_euclid(MICROS_PER_DAY)).unwrap_or_default();
        Date::from_days(days).unwrap_or(Date(EPOCH))
    }
}

/// Seconds east of UTC of `Z` or `+02:00`.
fn offset_seconds(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes() {
        [b'Z' | b'z'] => return Some(0),
        [b'+', _, _, b':', _, _] => 1,
        [b'-', _, _, b':', _, _] => -1,
        _ => return None,
    };
    let part =
        |range| zone.get(range).filter(|digits: &&str| digits.bytes().all(|b| b.is_ascii_digit()))?.parse::<i64>().ok();
    let (hours, minutes) = (part(1..3)?, part(4..6)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// The text of an instant or a day, on the stack: pages of records write many.
#[derive(Clone, Copy, Debug)]
pub struct TimeText {
    bytes: [u8; 27],
    length: usize,
}

impl TimeText {
    fn new() -> Self {
        TimeText { bytes: [0; 27], length: 0 }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        // Only ASCII is pushed.
        self.bytes.get(..self.length).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }

    /// Adds that many of the last digits of `number`.
    fn digits(&mut self, number: i64, count: u32) {
        for place in (0..count).rev() {
            let digit = number / 10_i64.pow(place) % 10;
            self.push(b'0' + u8::try_from(digit).unwrap_or_default());
        }
    }

    fn date(&mut self, (year, month, day): (i64, i64, i64)) {
        self.digits(year, 4);
        self.push(b'-');
        self.digits(month, 2);
        self.push(b'-');
        self.digits(day, 2);
    }
}

/// Year, month and day of the month, of a day in the years 1 to 9999 given as days since 1970-01-01.
fn civil_parts(days: i64) -> (i64, i64, i64) {
    // Years are counted from March, so that the day that may be missing is a year's last; 400 of them have 146,097 days.
    let since_march_0000 = days + 719_468;
    let (era, of_era) = (since_march_0000.div_euclid(146_097), since_march_0000.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

impl Timestamp {
    /// The instant's text, as it is displayed.
    pub fn text(self) -> TimeText {
        let (days, of_day) = (self.0.div_euclid(MICROS_PER_DAY), self.0.rem_euclid(MICROS_PER_DAY));
        let seconds = of_day / MICROS_PER_SECOND;
        let mut text = TimeText::new();
        text.date(civil_parts(days));
        for (mark, number) in [(b'T', seconds / 3_600), (b':', seconds / 60 % 60), (b':', seconds % 60)] {
            text.push(mark);
            text.digits(number, 2);
        }
        let micros = of_day % MICROS_PER_SECOND;
        if micros != 0 {
            text.push(b'.');
            text.digits(micros, 6);
        }
        text.push(b'Z');
        text
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().as_str())
    }
}

/// A day in the calendar, in the years 1 to 9999, written `2024-03-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date(civil::Date);

impl Date {
    /// The day of that year, month and day of the month; `None` where there is no such day.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        if !(1..=9999).contains(&year) {
            return None;
        }
        civil::Date::new(year, month, day).ok().map(Date)
    }

    /// The day that many days after 1970-01-01; `None` outside the years 1 to 9999.
    pub fn from_days(days: i32) -> Option<Self> {
        let day = EPOCH.checked_add(jiff::SignedDuration::from_hours(i64::from(days) * 24)).ok()?;
        (1..=9999).contains(&day.year()).then_some(Date(day))
    }

    /// Days since 1970-01-01.
    pub fn as_days(self) -> i32 {
        i32::try_from(self.0.duration_since(EPOCH).as_hours() / 24).unwrap_or_default()
    }

    /// Year, month and day of the month.
    pub fn parts(self) -> (i16, i8, i8) {
        (self.0.year(), self.0.month(), self.0.day())
    }

    /// Reads `2024-03-01`.
    ///
    /// # Errors
    /// What is wrong.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "expected a day such as 2024-03-01, in the years 1 to 9999";
        let shaped = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shaped {
            return Err(FORM);
        }
        let day: civil::Date = text.parse().map_err(|_| FORM)?;
        if (1..=9999).contains(&day.year()) { Ok(Date(day)) } else { Err(FORM) }
    }
}

impl Date {
    /// The day's text, as it is displayed.
    pub fn text(self) -> TimeText {
        let (year, month, day) = self.parts();
        let mut text = TimeText::new();
        text.date((i64::from(year), i64::from(month), i64::from(day)));
        text
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form() {
        for (given, written) in [
            ("2024-03-01T12:00:00Z", "2024-03-01T12:00:00Z"),
            ("2024-03-01t12:00:00.5z", "2024-03-01T12:00:00.500000Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
            ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
            ("2024-03-01 12:00:00-05:30", "2024-03-01T17:30:00Z"),
        ] {
            let parsed = Timestamp::parse(given).unwrap();
            assert_eq!(parsed.to_string(), written);
            assert_eq!(Timestamp::from_micros(parsed.as_micros()), Some(parsed));
        }
    }

    #[test]
    fn every_day_has_the_calendars_parts() {
        for days in (FIRST / MICROS_PER_DAY..=LAST / MICROS_PER_DAY).map(|days| i32::try_from(days).unwrap()) {
            let (year, month, day) = Date::from_days(days).unwrap().parts();
            assert_eq!(civil_parts(i64::from(days)), (i64::from(year), i64::from(month), i64::from(day)));
        }
    }

    #[test]
    fn what_is_not_a_time() {
        for bad in [
            "",
            "2024-03-01",
            "2024-03-01T12:00:00",
            "2024-03-01T12:00:00.1234567Z",
            "2024-13-01T00:00:00Z",
            "0000-12-31T23:59:59Z",
            "9999-12-31T23:59:59-01:00",
            "2024-03-01T12:00:00+02:00[Europe/Paris]",
            "now",
            "１２３４",
        ] {
            assert!(Timestamp::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn days() {
        assert_eq!(Date::parse("1970-01-02").unwrap().as_days(), 1);
        for text in ["0001-01-01", "2024-02-29", "9999-12-31"] {
            let day = Date::parse(text).unwrap();
            assert_eq!(Date::from_days(day.as_days()), Some(day));
            assert_eq!(day.to_string(), text);
        }
        for bad in ["2023-02-29", "0000-01-01", "2024-3-1", "20240301", "+002024-03-01"] {
            assert!(Date::parse(bad).is_err(), "{bad}");
        }
    }
}

//! Decimal numbers of any precision, in one form.

use std::fmt;
use std::str::FromStr;

use bigdecimal::BigDecimal;

/// A decimal number: at most 200 digits, no exponent, written without trailing zeros (`1.10` is `1.1`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Decimal(BigDecimal);

impl Decimal {
    /// How many digits a decimal may have, before and after the point together.
    pub const MAX_DIGITS: usize = 200;

    /// Reads such as `-12.50`.
    ///
    /// ```
    /// use udal_core::value::Decimal;
    /// assert_eq!(Decimal::parse("-012.50").unwrap().to_string(), "-12.5");
    /// assert!(Decimal::parse("1e5").is_err());
    /// ```
    ///
    /// # Errors
    /// What is wrong.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "expected digits with at most one point, such as -12.50";
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) {
            return Err(FORM);
        }
        if digits.bytes().filter(u8::is_ascii_digit).count() > Self::MAX_DIGITS {
            return Err("a decimal has at most 200 digits");
        }
        BigDecimal::from_str(text).map(|number| Decimal(number.normalized())).map_err(|_| FORM)
    }

    /// Whether `text` is a decimal as it is displayed: no zero that could be left out, no sign before zero.
    pub fn is_canonical(text: &str) -> bool {
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) => (whole, fraction.ends_with(|last| last != '0').then_some(fraction)),
            None => (digits, Some("")),
        };
        let is_whole = whole == "0" || (!whole.is_empty() && !whole.starts_with('0'));
        is_whole
            && all_digits(whole)
            && fraction.is_some_and(all_digits)
            && digits.len() <= Self::MAX_DIGITS
            && text != "-0"
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_plain_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form() {
        for (given, written) in [
            ("1.10", "1.1"),
            ("100", "100"),
            ("-0.00", "0"),
            ("000.5", "0.5"),
            ("0.000000000000000001", "0.000000000000000001"),
            ("123456789012345678901234567890.12", "123456789012345678901234567890.12"),
        ] {
            assert_eq!(Decimal::parse(given).unwrap().to_string(), written);
            assert_eq!(Decimal::is_canonical(given), given == written, "{given}");
            assert!(Decimal::is_canonical(written), "{written}");
        }
        for bad in ["", "-", ".", "1.", ".5", "+1", "1e5", "NaN", "1,5", "١", "--1", &"9".repeat(201)] {
            assert!(Decimal::parse(bad).is_err(), "{bad}");
            assert!(!Decimal::is_canonical(bad), "{bad}");
        }
        for unusual in ["-0", "-0.0", "0.", "00", "-01", "1.50", "0.0", "-0.10"] {
            assert!(!Decimal::is_canonical(unusual), "{unusual}");
        }
    }

    #[test]
    fn two_hundred_digits() {
        for longest in ["9".repeat(200), format!("-{}", "9".repeat(200)), format!("0.{}1", "0".repeat(198))] {
            assert_eq!(Decimal::parse(&longest).unwrap().to_string(), longest);
        }
    }

    #[test]
    fn equal_numbers_are_equal_values() {
        assert_eq!(Decimal::parse("1.10"), Decimal::parse("1.1"));
        assert!(Decimal::parse("-2").unwrap() < Decimal::parse("-1.999").unwrap());
    }
}

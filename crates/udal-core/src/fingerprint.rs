//! Fingerprints: the same for the same text, in every process and release.

/// A fingerprint of `text`, 16 hexadecimal digits: FNV-1a, because the standard library's hasher may change.
///
/// It tells requests apart; it does not protect from who wants two to look the same.
pub fn fingerprint(text: &str) -> String {
    let step = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}

//! What the bench ran on, in a few words.

use std::fs;

/// Day, command and machine.
pub(crate) fn about() -> String {
    let day = udal::value::Timestamp::now().date();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = field("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    let memory = memory.map_or(String::new(), |kib| format!(", {} GiB of memory", (kib + (1 << 19)) >> 20));
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    format!("Measured on {day} by `make bench`: {cores} cores ({processor}){memory}, {}", std::env::consts::OS)
}

/// The first value of that name in a file of lines such as `name: value`.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let found = text.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.trim() == name)?;
    Some(found.1.trim().to_owned())
}

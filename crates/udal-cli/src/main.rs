//! The command line.

mod args;
mod commands;
mod demo;
mod exit;
mod failure;
mod help;
mod import;
mod interrupt;
mod output;
mod session;

use std::process::ExitCode;

use clap::Parser;

use args::Arguments;
use exit::Exit;
use failure::Failure;
use output::Output;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut output = Output::to_standard(arguments.options.format);
    start_log();
    let exit = match run(&arguments, &mut output) {
        Ok(exit) => exit,
        Err(failure) => output.failure(&failure),
    };
    exit.into()
}

fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::system("cannot start", &error))?;
    runtime.block_on(commands::run(arguments, output))
}

/// Sends the log to standard error: warnings, or what `UDAL_LOG` says.
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("UDAL_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
}

//! The command line.

mod answer;
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

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

use args::Arguments;
use exit::Exit;
use failure::Failure;
use output::Output;

/// Imports and pages make many small texts on one thread and free them on another, which this one does well.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = arguments();
    let mut output = Output::to_standard(&arguments.options);
    start_log();
    let exit = match run(&arguments, &mut output) {
        Ok(exit) => exit,
        Err(failure) => output.failure(&failure),
    };
    exit.into()
}

/// Reads the command line; what is wrong with it ends the process.
fn arguments() -> Arguments {
    let mut matches = Arguments::command().get_matches();
    let format_from = matches.value_source("format");
    let read = Arguments::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut Arguments::command()));
    let Arguments { options, command } = read.unwrap_or_else(|error| error.exit());
    match options.with_ison(format_from) {
        Ok(options) => Arguments { options, command },
        Err(message) => Arguments::command().error(ErrorKind::ArgumentConflict, message).exit(),
    }
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

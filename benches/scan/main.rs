//! Measures the release binary and prints ratios; asserts nothing. `benches/README.md` says how to
//! run it and what the figures mean.

#[cfg(unix)]
mod compare;
#[cfg(unix)]
mod hostile;
#[cfg(unix)]
mod measure;
#[cfg(unix)]
mod options;

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if arguments.first().is_some_and(|first| first == measure::ONCE) {
        return measure::once(&arguments[1..]);
    }
    let outcome = options::Options::read(arguments).and_then(|options| {
        let Some(options) = options else {
            println!("nothing measured: run `cargo bench --bench scan`");
            return Ok(());
        };
        if options.wants("tree") {
            compare::tree(&options)?;
        }
        if options.wants("start-up") {
            compare::start_up(&options)?;
        }
        if options.wants("memory") {
            hostile::memory(&options)?;
        }
        if options.wants("hostile") {
            hostile::growth(&options)?;
        }
        Ok(())
    });
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(not(unix))]
fn main() {
    println!("nothing measured: the harness asks Unix what a process has used");
}

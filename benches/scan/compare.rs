//! Against another program: ripgrep on a tree, and a program that does nothing.

use std::ffi::OsString;
use std::io::Read as _;
use std::path::PathBuf;

use super::measure::{Run, median, run, scan};
use super::options::Options;

/// A hosted token, as someone would search for it by hand.
const PATTERN: &str = r"\b[0-9]{1,5}~[A-Za-z0-9]{64}\b";

/// Alternates hallpass and ripgrep on one tree.
pub(crate) fn tree(options: &Options) -> Result<(), String> {
    if !options.tree.is_dir() {
        return Err(format!("there is no folder {}: name one by --tree", options.tree.display()));
    }
    let rg = ripgrep(options)?;
    let ours = scan(&options.tree);
    let mut theirs: Vec<OsString> = vec![rg.into(), "-uuu".into(), "-c".into(), PATTERN.into()];
    theirs.push(options.tree.clone().into());
    // the first pair fills the page cache
    run(&ours)?;
    run(&theirs)?;
    let mut pairs = Vec::new();
    for _ in 0..options.runs {
        pairs.push((run(&ours)?, run(&theirs)?));
    }
    println!("## Tree: {}, {} pairs\n", options.tree.display(), pairs.len());
    println!("| | wall min | median | max | CPU median | peak memory | exit |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    row("hallpass", pairs.iter().map(|pair| pair.0));
    row("ripgrep", pairs.iter().map(|pair| pair.1));
    let ratio = |of: fn(&Run) -> f64| median(pairs.iter().map(|(a, b)| of(a) / of(b)));
    println!(
        "\nmedian of ratios, hallpass to ripgrep: wall {:.2}, CPU {:.2}\n",
        ratio(|run| run.wall),
        ratio(|run| run.cpu)
    );
    Ok(())
}

fn row(name: &str, runs: impl Iterator<Item = Run> + Clone) {
    let walls = runs.clone().map(|run| run.wall);
    println!(
        "| {name} | {:.3} s | {:.3} s | {:.3} s | {:.3} s | {:.1} MiB | {} |",
        walls.clone().fold(f64::INFINITY, f64::min),
        median(walls.clone()),
        walls.fold(0.0, f64::max),
        median(runs.clone().map(|run| run.cpu)),
        runs.clone().map(|run| run.peak).fold(0.0, f64::max),
        runs.map(|run| run.code).max().unwrap_or(-1),
    );
}

/// The ripgrep to compare with. Version managers put a script of the same name on the path, whose
/// own start takes longer than some searches: that would flatter us.
fn ripgrep(options: &Options) -> Result<PathBuf, String> {
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join("rg")).find(|rg| rg.is_file())
    };
    let missing = "ripgrep is not here: `pip install ripgrep` brings it, --rg names it";
    let rg = options.rg.clone().or_else(on_path).ok_or(missing)?;
    let mut start = [0; 2];
    std::fs::File::open(&rg)
        .and_then(|mut file| file.read_exact(&mut start))
        .map_err(|error| format!("can't read {}: {error}", rg.display()))?;
    if &start == b"#!" {
        return Err(format!(
            "{} is a script that starts ripgrep: name the program itself, such as \
             --rg \"$(pyenv which rg)\"",
            rg.display()
        ));
    }
    Ok(rg)
}

/// What starting costs, over a program that does nothing.
pub(crate) fn start_up(options: &Options) -> Result<(), String> {
    let file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    std::fs::write(file.path(), "print('hello')\n").map_err(|error| error.to_string())?;
    let nothing = [OsString::from("/bin/true")];
    let version = [env!("CARGO_BIN_EXE_hallpass").into(), "--version".into()];
    let tiny = scan(file.path());
    let rounds = options.runs.max(10) * 10;
    let mut over = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let base = run(&nothing)?.wall;
        over.0.push((run(&version)?.wall - base) * 1e3);
        over.1.push((run(&tiny)?.wall - base) * 1e3);
    }
    println!("## Start-up over /bin/true, median of {rounds} differences\n");
    println!("- `hallpass --version`: {:.2} ms", median(over.0));
    println!("- `hallpass scan` of a file of one line: {:.2} ms\n", median(over.1));
    Ok(())
}

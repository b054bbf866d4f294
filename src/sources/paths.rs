//! How paths are shown: relative to the working directory, with `/` on every system.

use std::path::{Component, Path, PathBuf};

/// Shows paths relative to one working directory.
#[derive(Debug, Clone)]
pub struct Display {
    working: PathBuf,
}

impl Display {
    /// Paths will be shown relative to `working`, which has to be absolute.
    pub fn new(working: PathBuf) -> Self {
        Self { working }
    }

    /// The working directory.
    pub fn working(&self) -> &Path {
        &self.working
    }

    /// `path` as findings show it. What can't be expressed relative to the working directory (on
    /// another drive) is shown as it is; bytes that are no UTF-8 become replacement characters.
    pub fn show(&self, path: &Path) -> String {
        let relative =
            if path.is_absolute() { relative(path, &self.working) } else { path.to_path_buf() };
        let mut shown = String::new();
        for component in relative.components() {
            match component {
                Component::CurDir => continue,
                Component::RootDir => shown.push('/'),
                Component::Prefix(prefix) => shown.push_str(&prefix.as_os_str().to_string_lossy()),
                Component::ParentDir => push(&mut shown, ".."),
                Component::Normal(name) => push(&mut shown, &name.to_string_lossy()),
            }
        }
        if shown.is_empty() { ".".to_owned() } else { shown }
    }

    /// `path` made absolute, without looking at the file system.
    pub fn absolute(&self, path: &Path) -> PathBuf {
        let mut whole = PathBuf::new();
        for component in self.working.join(path).components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir => {
                    whole.pop();
                }
                other => whole.push(other),
            }
        }
        whole
    }
}

fn push(shown: &mut String, name: &str) {
    if !shown.is_empty() && !shown.ends_with('/') {
        shown.push('/');
    }
    shown.push_str(name);
}

/// `path` as seen from `base`, both absolute.
fn relative(path: &Path, base: &Path) -> PathBuf {
    let mut common = 0;
    for (a, b) in path.components().zip(base.components()) {
        if a != b {
            break;
        }
        common += 1;
    }
    // nothing in common but the root is common enough; not even the root means another drive
    if common == 0 {
        return path.to_path_buf();
    }
    let up = base.components().count() - common;
    let mut relative: PathBuf = std::iter::repeat_n(Component::ParentDir, up).collect();
    relative.extend(path.components().skip(common));
    relative
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn paths_are_relative_to_the_working_directory() {
        let display = Display::new("/home/ada/course".into());
        for (path, shown) in [
            ("./src/a.py", "src/a.py"),
            ("src/a.py", "src/a.py"),
            ("../b.py", "../b.py"),
            ("/home/ada/course/x", "x"),
            ("/home/ada/other/x", "../other/x"),
            ("/tmp/x", "../../../tmp/x"),
            (".", "."),
        ] {
            assert_eq!(display.show(Path::new(path)), shown, "{path}");
        }
        assert_eq!(display.absolute(Path::new("../b/./c")), Path::new("/home/ada/b/c"));
    }
}

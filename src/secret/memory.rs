//! Keeps the process's memory to itself.

/// From here on the process leaves no core dump, and on Linux no other process of the user can
/// read its memory either. What a system does not offer is left out: it is a second line of
/// defence.
pub fn guard() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit { current: Some(0), maximum: Some(0) };
        let _ = setrlimit(Resource::Core, none);
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // a limit of zero does not hold back a program that the kernel hands dumps to
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

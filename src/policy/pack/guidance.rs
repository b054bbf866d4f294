//! What a pack says of a leaked token: the clauses that it breaks, and what to do now.

use super::Pack;
use crate::finding::{Guidance, Place};

impl Pack {
    /// The clauses that a leak in such places breaks, one of them within the others: the
    /// institution's own, or, where it says nothing of them, those that it inherits.
    pub fn leak_guidance(&self, places: &[Place], in_repository: bool) -> Vec<Guidance> {
        let mut broken = self
            .clauses
            .iter()
            .filter(|clause| {
                clause.scan.as_ref().is_some_and(|scan| scan.applies(places, in_repository))
            })
            .peekable();
        // the clauses stand nearest pack first, so the first one's pack is the one that speaks
        let speaker = broken.peek().map(|clause| clause.pack.as_str());
        broken
            .filter(|clause| Some(clause.pack.as_str()) == speaker)
            .map(|clause| Guidance { policy: clause.pack.clone(), clause: clause.id.clone() })
            .collect()
    }

    /// What to do about a leak, in order: `revoke` (which the detector knows, since a calendar
    /// link ends in another way than a token), who to tell, where the new one may be kept, and
    /// the clean-up last, since it is worth nothing while the old one works.
    pub fn leak_help(&self, revoke: &str, place: Place, in_repository: bool) -> Vec<String> {
        let mut steps = vec![revoke.to_owned()];
        steps.extend(self.leak.tell.clone());
        steps.extend(self.leak.keep.clone());
        steps.push(clean_up(place, in_repository).to_owned());
        steps
    }
}

fn clean_up(place: Place, in_repository: bool) -> &'static str {
    match place {
        _ if in_repository => {
            "Clean up last: take it out of the files, then out of the repository's history \
             (git filter-repo), and tell whoever has a clone. While the old one works, \
             rewriting history protects nobody."
        }
        Place::Mail => {
            "Clean up last: delete the message from every mailbox that holds it, archives included."
        }
        Place::Chat => "Clean up last: delete the message in the chat itself, then the export.",
        Place::ShellHistory => {
            "Clean up last: remove the line from the history file, and read the new one from a \
             password manager instead of typing it."
        }
        Place::Log => {
            "Clean up last: delete the log and its copies, and keep the Authorization header and \
             access_token out of what is logged."
        }
        _ => {
            "Clean up last: delete it here and in every copy, earlier versions and the \
             recycle bin included."
        }
    }
}

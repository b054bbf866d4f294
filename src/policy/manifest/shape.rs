//! What a request manifest of version 1 may hold: the one description behind the reader, the JSON
//! Schema and the variables of policy expressions.

use crate::policy::shape::{Field, Kind, Shape};

/// What `kind` has to say.
pub(crate) const KIND: &str = "CanvasTokenRequest";

/// The most entries that any list of a manifest may have: what bounds the cost of expressions that
/// loop over them.
pub(crate) const LONGEST_LIST: usize = 100;

const fn required(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, kind, required: true, about }
}

const fn field(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, kind, required: false, about }
}

const TEXT: Kind = Kind::Text;
const DAY: Kind = Kind::Day;
const BOOL: Kind = Kind::Bool;

/// Roles that a requester or a sponsor can have.
const ROLE: Kind = Kind::OneOf(&[
    "student",
    "faculty",
    "staff",
    "instructor",
    "teaching-assistant",
    "administrator",
]);

/// A whole manifest.
pub(crate) static MANIFEST: Shape = Shape {
    name: "Canvas token request",
    about: "a request for a Canvas access token, from the asking to the end of its use",
    fields: &[
        required("kind", Kind::OneOf(&[KIND]), "says that this document is a request"),
        required("version", Kind::Number(1), "the format's version"),
        field("policy", TEXT, "the id of the institution's policy pack"),
        required("requested", DAY, "the day on which it is handed in"),
        required("requester", Kind::Section(&REQUESTER), "who asks, and will own the token"),
        field("sponsor", Kind::Section(&SPONSOR), "a faculty member who answers for a student"),
        required("purpose", Kind::Section(&PURPOSE), "what the token is for"),
        field(
            "access",
            Kind::List(&Kind::Section(&ACCESS)),
            "the data and Canvas features that it reaches, and why each",
        ),
        field(
            "third_parties",
            Kind::List(&Kind::Section(&THIRD_PARTY)),
            "who besides the owner gets the token or what it reaches; an empty list says nobody",
        ),
        field("needed_by", DAY, "the day from which it is needed"),
        field("expires", DAY, "the last day on which it may work; without it, it has no end"),
        field(
            "long_term",
            BOOL,
            "whether it is needed beyond the longest lifetime, which is to be talked over",
        ),
        field("storage", Kind::Section(&STORAGE), "where the token will be kept"),
        field("end_of_use", Kind::Section(&END_OF_USE), "what happens when it is no longer needed"),
        field("review", Kind::Section(&REVIEW), "answers to what the reviewers will ask"),
        field(
            "acknowledges",
            Kind::List(&Kind::OneOf(&["acceptable-use", "student-conduct", "third-party-risk"])),
            "what the requester has read and accepts",
        ),
        field(
            "follows",
            Kind::Section(&FOLLOWS),
            "the earlier request or token that it comes after",
        ),
        field("decision", Kind::Section(&DECISION), "the institution's answer"),
        field("issuance", Kind::Section(&ISSUANCE), "how the token was made and handed over"),
        field("activation", Kind::Section(&ACTIVATION), "when its owner activated it in Canvas"),
        field("ended", Kind::Section(&ENDED), "how its use came to an end"),
    ],
};

static REQUESTER: Shape = Shape {
    name: "requester",
    about: "who asks for the token",
    fields: &[
        required("name", TEXT, "the requester's name"),
        required("email", TEXT, "the requester's address at the institution"),
        required("role", ROLE, "what the requester is at the institution"),
    ],
};

static SPONSOR: Shape = Shape {
    name: "sponsor",
    about: "a faculty member who answers for a student",
    fields: &[
        field("name", TEXT, "the sponsor's name"),
        field("email", TEXT, "the sponsor's address at the institution"),
        field("role", ROLE, "what the sponsor is at the institution"),
        field("understands_use", BOOL, "whether the sponsor understands what the token is for"),
    ],
};

static PURPOSE: Shape = Shape {
    name: "purpose",
    about: "what the token is for",
    fields: &[
        required("name", TEXT, "what Canvas will show as the token's purpose"),
        field("description", TEXT, "what will be done with it, in a few sentences"),
        field(
            "use",
            Kind::OneOf(&[
                "third-party-tool",
                "script",
                "application",
                "reporting",
                "api-development",
                "research",
                "program-audit",
                "course-project",
                "other",
            ]),
            "the kind of use",
        ),
        field("necessity", TEXT, "why nothing short of a token will do"),
    ],
};

static ACCESS: Shape = Shape {
    name: "access",
    about: "something that the token reaches",
    fields: &[
        field("data", TEXT, "the data or the Canvas feature"),
        field("reason", TEXT, "why it is needed"),
    ],
};

static THIRD_PARTY: Shape = Shape {
    name: "third party",
    about: "somebody besides the owner who gets the token or what it reaches",
    fields: &[
        field("name", TEXT, "who it is"),
        field("reaches", Kind::List(&Kind::Text), "what they would reach"),
    ],
};

static STORAGE: Shape = Shape {
    name: "storage",
    about: "where the token will be kept",
    fields: &[
        field(
            "place",
            Kind::OneOf(&[
                "password-manager",
                "credential-vault",
                "encrypted-config",
                "environment",
                "plain-config",
                "code-repository",
                "document",
                "spreadsheet",
                "screenshot",
                "notes",
                "other",
            ]),
            "the kind of place",
        ),
        field("product", TEXT, "the product's name"),
        field(
            "sharing",
            Kind::OneOf(&[
                "private",
                "named-people",
                "organisation",
                "anyone-with-link",
                "unlisted",
                "public",
            ]),
            "who can open that place",
        ),
        field(
            "passed_by",
            Kind::List(&Kind::OneOf(&["email", "chat", "messaging", "in-person", "vault-share"])),
            "how the token is handed on, if at all",
        ),
    ],
};

static END_OF_USE: Shape = Shape {
    name: "end of use",
    about: "what happens when the token is no longer needed",
    fields: &[
        field("when", TEXT, "when that will be"),
        field("revoke", BOOL, "whether the token will be revoked then"),
        field("report", BOOL, "whether the institution will be told"),
    ],
};

static REVIEW: Shape = Shape {
    name: "review",
    about: "answers to what the reviewers will ask",
    fields: &[
        field("instructional_necessity", TEXT, "why teaching or learning needs it"),
        field("accessibility", TEXT, "how what is built stays accessible"),
        field("security", TEXT, "how the token and the data are protected"),
    ],
};

static FOLLOWS: Shape = Shape {
    name: "follows",
    about: "the earlier request or token that this one comes after",
    fields: &[
        field(
            "kind",
            Kind::OneOf(&["renewal", "resubmission", "replacement"]),
            "a renewal, a resubmission after a denial, or a replacement after a compromise",
        ),
        field(
            "token_hint",
            Kind::Hint(5),
            "the five characters of the earlier token that Canvas shows, never more",
        ),
        field("expires", DAY, "for a renewal: when the present token ends"),
        field("purpose_changed", BOOL, "for a renewal: whether the purpose is another one now"),
        field("changes", TEXT, "what is different now"),
        field("feedback", TEXT, "for a resubmission: what the denial said"),
        field("account_secured", BOOL, "for a replacement: whether the account is secure again"),
    ],
};

static DECISION: Shape = Shape {
    name: "decision",
    about: "the institution's answer",
    fields: &[
        field("outcome", Kind::OneOf(&["approved", "denied"]), "the answer"),
        field("by", TEXT, "who decided"),
        field("on", DAY, "the day of the decision"),
        field("feedback", TEXT, "what the requester is told"),
    ],
};

static ISSUANCE: Shape = Shape {
    name: "issuance",
    about: "how the token was made and handed over",
    fields: &[
        field("by", Kind::OneOf(&["administrator", "owner"]), "who generated it"),
        field("on", DAY, "the day on which it was generated"),
        field("expires", DAY, "the last day on which it works"),
        field(
            "delivered_by",
            Kind::OneOf(&[
                "secure-note",
                "onedrive",
                "in-person",
                "email",
                "chat",
                "messaging",
                "other",
            ]),
            "how it reached its owner",
        ),
        field("link_expires", DAY, "the last day of the link that it was delivered by"),
    ],
};

static ACTIVATION: Shape = Shape {
    name: "activation",
    about: "when the owner activated the token in Canvas",
    fields: &[field("on", DAY, "the day of the activation")],
};

static ENDED: Shape = Shape {
    name: "ended",
    about: "how its use came to an end",
    fields: &[
        field("on", DAY, "the day on which it ended"),
        field("how", Kind::OneOf(&["revoked", "expired", "compromised"]), "how it ended"),
        field("reported", BOOL, "whether the institution was told"),
    ],
};

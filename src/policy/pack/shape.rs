//! What a policy pack may hold: the one description behind its reader and its JSON Schema.

use crate::policy::shape::{Field, Kind, Shape};

const fn required(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, kind, required: true, about }
}

const fn field(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, kind, required: false, about }
}

const TEXT: Kind = Kind::Text;

const SEVERITY: Kind = Kind::OneOf(&["error", "warning", "note"]);

/// The places of a leak, as findings name them, and `any`.
pub(crate) const PLACES: &[&str] = &[
    "any",
    "code",
    "configuration",
    "notebook",
    "document",
    "spreadsheet",
    "screenshot",
    "notes",
    "mail",
    "chat",
    "log",
    "shell-history",
    "binary",
    "other",
];

/// What a case about an issued token says of requests.
pub(crate) const REQUESTS: &[&str] = &["behind-it", "none-behind-it", "without-token"];

/// A whole pack.
pub(crate) static PACK: Shape = Shape {
    name: "hallpass policy pack",
    about: "an institution's rules for Canvas access tokens",
    fields: &[
        required("id", TEXT, "what manifests, --policy and the configuration call it"),
        required("institution", TEXT, "whose rules they are"),
        field("extends", TEXT, "the pack whose clauses hold here too"),
        field("contacts", Kind::List(&Kind::Section(&CONTACT)), "who answers questions"),
        required(
            "sources",
            Kind::List(&Kind::Section(&SOURCE)),
            "the documents that the clauses come from",
        ),
        field("holidays", Kind::List(&Kind::Day), "days on which nobody works, besides weekends"),
        field("leak", Kind::Section(&LEAK), "what to do about a token that leaked"),
        field(
            "changes",
            Kind::List(&Kind::Section(&CHANGE)),
            "clauses of the extended pack that are switched off or weigh differently here",
        ),
        required("clauses", Kind::List(&Kind::Section(&CLAUSE)), "the rules, each with an id"),
        field("tests", Kind::Section(&TESTS), "requests with the findings that they have to get"),
    ],
};

static CONTACT: Shape = Shape {
    name: "contact",
    about: "somebody to ask",
    fields: &[
        required("name", TEXT, "the person's or the office's name"),
        field("email", TEXT, "the mail address"),
        field("phone", TEXT, "the telephone number"),
        field("url", TEXT, "the web page"),
    ],
};

static SOURCE: Shape = Shape {
    name: "source",
    about: "a document",
    fields: &[
        required("key", TEXT, "what clauses call it"),
        required("title", TEXT, "its title"),
        required("publisher", TEXT, "who published it"),
        field("article", TEXT, "its number"),
        field("url", TEXT, "its address"),
        field("modified", Kind::Day, "the day of its last change"),
        required("read", Kind::Day, "the day on which it was read for this pack"),
    ],
};

static LEAK: Shape = Shape {
    name: "leak",
    about: "what to do about a token that leaked",
    fields: &[
        field("tell", TEXT, "who has to know"),
        field("keep", TEXT, "where a token may be kept"),
    ],
};

static CHANGE: Shape = Shape {
    name: "change",
    about: "a clause of the extended pack that is different here",
    fields: &[
        required("clause", TEXT, "the clause's id"),
        field("off", Kind::Bool, "whether it does not hold here"),
        field("severity", SEVERITY, "its severity here"),
        required("reason", TEXT, "why it is different here"),
    ],
};

static CLAUSE: Shape = Shape {
    name: "clause",
    about: "a rule",
    fields: &[
        required("id", TEXT, "what findings call it: pack/name"),
        required(
            "severity",
            SEVERITY,
            "error: refused; warning: sent back with a question; note: good to know",
        ),
        required("summary", TEXT, "the rule in one sentence"),
        field("explanation", TEXT, "what it means and why it matters"),
        required("source", TEXT, "the key of the document that it comes from"),
        field("reason", TEXT, "why it replaces the extended pack's clause of the same id"),
        field(
            "judge_unlisted",
            TEXT,
            "a field whose word is judged though the format does not list it",
        ),
        field(
            "validations",
            Kind::List(&Kind::Section(&VALIDATION)),
            "what a request must satisfy",
        ),
        field("notices", Kind::List(&Kind::Section(&NOTICE)), "what the reader should know"),
        field("timeline", Kind::List(&Kind::Section(&TIMELINE)), "dates that follow"),
        field("scan", Kind::Section(&SCAN), "the leaks that break it"),
        field("audit", Kind::Section(&AUDIT), "what it asks of the list of issued tokens"),
    ],
};

static VALIDATION: Shape = Shape {
    name: "validation",
    about: "a condition on the request",
    fields: &[
        field("when", TEXT, "CEL: whether it is asked at all"),
        field("each", TEXT, "a list; the condition is asked of each of its entries, as `entry`"),
        required("expression", TEXT, "CEL: true where the request is as it should be"),
        field("message", TEXT, "what to say where it is not"),
        field("messageExpression", TEXT, "CEL: the same, worked out"),
        required("at", TEXT, "the field to underline"),
        field("help", TEXT, "how to put it right"),
    ],
};

static NOTICE: Shape = Shape {
    name: "notice",
    about: "something that the reader should know",
    fields: &[
        field("when", TEXT, "CEL: whether it is shown"),
        field("message", TEXT, "what to say"),
        field("messageExpression", TEXT, "CEL: the same, worked out"),
    ],
};

static TIMELINE: Shape = Shape {
    name: "timeline entry",
    about: "a date that follows from the request",
    fields: &[
        field("when", TEXT, "CEL: whether there is such a date"),
        required("date", TEXT, "CEL: the day"),
        required("what", TEXT, "what happens on it"),
    ],
};

static SCAN: Shape = Shape {
    name: "scan",
    about: "the leaks that break a clause",
    fields: &[
        field("places", Kind::List(&Kind::OneOf(PLACES)), "the kinds of place; any means all"),
        field("repository", Kind::Bool, "whether every leak inside a repository breaks it"),
        field("requests", Kind::Bool, "whether a leak inside a request breaks it"),
    ],
};

static AUDIT: Shape = Shape {
    name: "audit",
    about: "what a clause asks of the list of issued tokens",
    fields: &[
        required("checks", TEXT, "what is looked at"),
        field(
            "tokens",
            Kind::List(&Kind::Section(&TOKEN_CONDITION)),
            "what each token has to satisfy",
        ),
        field(
            "requests",
            Kind::List(&Kind::Section(&REQUEST_CONDITION)),
            "what each request without a token in the list has to satisfy",
        ),
    ],
};

static TOKEN_CONDITION: Shape = Shape {
    name: "condition on a token",
    about: "a condition on an issued token",
    fields: &[
        field("when", TEXT, "CEL: whether it is asked at all"),
        required("expression", TEXT, "CEL: true where the token is as it should be"),
        field("message", TEXT, "what to say where it is not"),
        field("messageExpression", TEXT, "CEL: the same, worked out"),
        required("at", TEXT, "the token's field whose cell is underlined"),
        field("help", TEXT, "how to put it right"),
    ],
};

static REQUEST_CONDITION: Shape = Shape {
    name: "condition on a request without a token",
    about: "a condition on a request for which the list has no token",
    fields: &[
        field("when", TEXT, "CEL: whether it is asked at all"),
        required("expression", TEXT, "CEL: true where nothing is to be said"),
        field("message", TEXT, "what to say where it is not"),
        field("messageExpression", TEXT, "CEL: the same, worked out"),
        required("at", TEXT, "the request's field to underline"),
        field("help", TEXT, "how to put it right"),
    ],
};

static TESTS: Shape = Shape {
    name: "tests",
    about: "requests with the findings that they have to get",
    fields: &[
        required("base", Kind::Any, "a request that has no finding"),
        required("cases", Kind::List(&Kind::Section(&CASE)), "the base request, changed"),
    ],
};

static LEAK_CASE: Shape = Shape {
    name: "leak in a case",
    about: "where a leak stands",
    fields: &[
        required("place", Kind::OneOf(PLACES), "the kind of place"),
        field("repository", Kind::Bool, "whether it is inside a repository"),
    ],
};

static CASE: Shape = Shape {
    name: "case",
    about: "the base request with some changes",
    fields: &[
        required("about", TEXT, "the clause that it tests"),
        required("name", TEXT, "what is special about it"),
        field("set", Kind::Any, "fields (`storage.place`) with the values that they get"),
        field("remove", Kind::List(&Kind::Text), "fields that are taken out"),
        required("expect", Kind::List(&Kind::Text), "the rules of the findings, all of them"),
        field("notices", Kind::List(&Kind::Text), "clauses whose notices have to be shown"),
        field("timeline", Kind::Any, "clauses with the day that they have to give, or `none`"),
        field("no_notices", Kind::List(&Kind::Text), "clauses whose notices must not be shown"),
        field(
            "leak",
            Kind::Section(&LEAK_CASE),
            "instead of a request, a leak; `expect` is its guidance",
        ),
        field(
            "token",
            Kind::Section(&crate::policy::token::TOKEN),
            "instead of a request, an issued token; `expect` lists the clauses that it breaks",
        ),
        field(
            "requests",
            Kind::OneOf(REQUESTS),
            "beside a token: whether the base request stands behind it, or none of those that \
             were given does; alone: without-token asks what is said of the request itself",
        ),
        field("today", Kind::Day, "the day of the audit (default: the day of the request)"),
    ],
};

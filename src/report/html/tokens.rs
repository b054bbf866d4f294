//! Issued tokens: how old they are, when they end, and how long ago they were used.

use maud::{Markup, html};

use crate::finding::{TokenBucket, TokenSummary};

use super::chart::{self, Part, Stack};

pub(super) fn body(tokens: &TokenSummary) -> Markup {
    let pictures = [
        ("By age", "Made", &tokens.age),
        ("By what is left", "Ends", &tokens.expiry),
        ("By last use", "Last used", &tokens.last_use),
    ];
    html! {
        (chart::legend(&stacks(&tokens.age)))
        div class="charts" {
            @for (caption, what, buckets) in pictures {
                @if !buckets.is_empty() {
                    (chart::bars_of("Tokens", caption, what, &stacks(buckets)))
                }
            }
        }
    }
}

fn stacks(buckets: &[TokenBucket]) -> Vec<Stack> {
    let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    buckets
        .iter()
        .map(|bucket| Stack {
            label: bucket.label.clone(),
            parts: vec![
                Part {
                    class: "by-people",
                    name: "made by people",
                    number: number(bucket.count.user_generated),
                },
                Part {
                    class: "by-mobile",
                    name: "by mobile apps",
                    number: number(bucket.count.mobile),
                },
                Part {
                    class: "by-apps",
                    name: "by other applications",
                    number: number(bucket.count.third_party),
                },
            ],
        })
        .collect()
}

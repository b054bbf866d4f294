//! Pictures of numbers. Bars stand in the rows of a table, so that the numbers can be read and
//! heard as well as seen; columns over time come with a table of their own.

use maud::{Markup, html};

use super::NL;

/// A number and what it is of: the `class` decides the colour.
pub(super) struct Part {
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    pub(super) number: usize,
}

/// A row or a column: parts that add up.
pub(super) struct Stack {
    pub(super) label: String,
    pub(super) parts: Vec<Part>,
}

impl Stack {
    fn total(&self) -> usize {
        self.parts.iter().map(|part| part.number).sum()
    }
}

/// The legend of the parts that occur, in their order.
pub(super) fn legend(stacks: &[Stack]) -> Markup {
    let occurs = |part: &&Part| {
        stacks
            .iter()
            .flat_map(|stack| &stack.parts)
            .any(|other| other.class == part.class && other.number > 0)
    };
    let known: Vec<&Part> =
        stacks.first().map(|stack| stack.parts.iter().filter(occurs).collect()).unwrap_or_default();
    html! {
        @if known.len() > 1 {
            ul class="legend" aria-hidden="true" {
                @for part in known {
                    li {
                        svg class="swatch" viewBox="0 0 10 10" {
                            rect class=(part.class) width="10" height="10" rx="2" {}
                        }
                        (part.name)
                    }
                }
            }
        }
    }
}

/// A table of findings whose rows have bars, the longest as wide as the cell.
pub(super) fn bars(caption: &str, what: &str, stacks: &[Stack]) -> Markup {
    bars_of("Findings", caption, what, stacks)
}

/// The same for a number of something else.
pub(super) fn bars_of(counted: &str, caption: &str, what: &str, stacks: &[Stack]) -> Markup {
    let most = stacks.iter().map(Stack::total).max().unwrap_or(0).max(1);
    html! {
        figure class="chart" {
            table class="bars" {
                caption { (caption) } (NL)
                thead class="unseen" { tr { th scope="col" { (what) } th scope="col" { (counted) } } }
                tbody {
                    @for stack in stacks {
                        tr {
                            th scope="row" { (stack.label) }
                            td {
                                div class="bar" { (bar(stack, most)) }
                                span class="number" { (stack.total()) }
                                span class="unseen" { ": " (told(stack)) }
                            }
                        } (NL)
                    }
                }
            }
        } (NL)
    }
}

/// The parts in words: `2 errors, 1 note`.
fn told(stack: &Stack) -> String {
    let parts: Vec<String> = stack
        .parts
        .iter()
        .filter(|part| part.number > 0)
        .map(|part| format!("{} {}", part.number, part.name))
        .collect();
    parts.join(", ")
}

fn bar(stack: &Stack, most: usize) -> Markup {
    let mut from = 0;
    let rects: Vec<(usize, usize, &str)> = stack
        .parts
        .iter()
        .map(|part| {
            let start = from;
            from += part.number;
            (start, part.number, part.class)
        })
        .filter(|(_, number, _)| *number > 0)
        .collect();
    html! {
        svg viewBox={ "0 0 1000 10" } preserveAspectRatio="none" aria-hidden="true" {
            @for (start, number, class) in rects {
                rect class=(class) x=(scaled(start, most, 1000)) y="0"
                    width=(scaled(number, most, 1000).max(1)) height="10" {}
            }
        }
    }
}

fn scaled(number: usize, most: usize, width: usize) -> usize {
    number.saturating_mul(width) / most.max(1)
}

const WIDTH: usize = 760;
const HEIGHT: usize = 180;
const LEFT: usize = 44;
const BOTTOM: usize = 26;
const TOP: usize = 12;

/// Columns side by side over a common line.
pub(super) fn columns(caption: &str, what: &str, stacks: &[Stack]) -> Markup {
    let most = stacks.iter().map(Stack::total).max().unwrap_or(0).max(1);
    let (step, top) = steps(most);
    let room = WIDTH - LEFT - 4;
    let pitch = room / stacks.len().max(1);
    let thick = (pitch * 7 / 10).clamp(2, 56);
    // every label has some sixty units to itself
    let every = 60usize.div_ceil(pitch.max(1)).max(1);
    let height = HEIGHT - TOP - BOTTOM;
    let level = |number: usize| TOP + height - scaled(number, top, height);
    html! {
        figure class="chart wide" {
            figcaption { (caption) } (NL)
            div class="scroll" tabindex="0" role="region" aria-label=(caption) {
                svg class="columns" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label={ (caption) ". The table below has the figures." } {
                    @for number in (0..=top).step_by(step) {
                        line class=(if number == 0 { "axis" } else { "grid" }) x1=(LEFT) x2=(WIDTH) y1=(level(number)) y2=(level(number)) {}
                        text class="tick" x=(LEFT - 8) y=(level(number) + 4) text-anchor="end" { (number) }
                    }
                    (NL)
                    @for (at, stack) in stacks.iter().enumerate() {
                        (column(stack, LEFT + at * pitch + (pitch - thick) / 2, thick, &level))
                        @if at % every == 0 {
                            text class="tick" x=(LEFT + at * pitch + pitch / 2) y=(HEIGHT - 6) text-anchor="middle" { (stack.label) }
                        }
                    }
                }
            } (NL)
            (legend(stacks))
            details class="figures" {
                summary { "The same as a table" }
                table {
                    thead { tr { th scope="col" { (what) } th scope="col" { "Findings" } th scope="col" { "Of these" } } }
                    tbody {
                        @for stack in stacks.iter().filter(|stack| stack.total() > 0) {
                            tr { th scope="row" { (stack.label) } td { (stack.total()) } td { (told(stack)) } }
                        }
                    }
                }
            }
        } (NL)
    }
}

fn column(stack: &Stack, x: usize, thick: usize, level: &dyn Fn(usize) -> usize) -> Markup {
    let mut below = 0;
    html! {
        @for part in stack.parts.iter().filter(|part| part.number > 0) {
            @let foot = level(below);
            @let () = below += part.number;
            @let head = level(below).min(foot.saturating_sub(1));
            rect class=(part.class) x=(x) width=(thick) y=(head) height=(foot - head) {}
        }
    }
}

/// The distance between two lines of the grid and where the grid ends: at most six lines at round
/// numbers.
fn steps(most: usize) -> (usize, usize) {
    let mut unit = 1;
    loop {
        for step in [unit, unit * 2, unit * 5] {
            if most.div_ceil(step) <= 5 {
                return (step, most.div_ceil(step) * step);
            }
        }
        unit *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_have_round_numbers() {
        for (most, grid) in [
            (1, (1, 1)),
            (5, (1, 5)),
            (6, (2, 6)),
            (11, (5, 15)),
            (26, (10, 30)),
            (99_999, (20_000, 100_000)),
        ] {
            assert_eq!(steps(most), grid);
        }
    }

    #[test]
    fn bars_are_to_scale() {
        assert_eq!(scaled(1, 4, 1000), 250);
        assert_eq!(scaled(0, 0, 1000), 0);
    }
}

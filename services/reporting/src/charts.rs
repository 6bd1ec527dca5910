//! Charts as inline SVG whose colours come from the page, so that they follow light, dark and print.
//!
//! Drawn by hand: a chart library writes fixed colours, and each of these is a few shapes.

use maud::{Markup, html};

/// A frame with linear or logarithmic axes.
struct Frame {
    width: f64,
    height: f64,
    x: Axis,
    y: Axis,
}

const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 40.0;

/// One axis: its range in data units and whether it is logarithmic.
struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
    label: &'static str,
}

impl Axis {
    fn share(&self, value: f64) -> f64 {
        let scale = |value: f64| if self.logarithmic { value.max(1e-300).ln() } else { value };
        let (low, high) = (scale(self.low), scale(self.high));
        if high > low { ((scale(value) - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 }
    }

    fn ticks(&self) -> Vec<f64> {
        if self.logarithmic {
            let decades = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
            let ticks = decades.map(|power| 10f64.powi(power)).filter(|tick| (self.low * 0.999..=self.high * 1.001).contains(tick));
            let ticks: Vec<f64> = ticks.collect();
            return if ticks.len() >= 2 { ticks } else { vec![self.low, self.high] };
        }
        let rough = (self.high - self.low) / 5.0;
        let power = 10f64.powf(rough.max(1e-12).log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= rough).unwrap_or(power);
        let first = (self.low / step).ceil() as i64;
        (first..).map(|number| number as f64 * step).take_while(|tick| *tick <= self.high + step * 1e-9).collect()
    }
}

impl Frame {
    fn x(&self, value: f64) -> f64 {
        LEFT + self.x.share(value) * (self.width - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        self.height - BOTTOM - self.y.share(value) * (self.height - TOP - BOTTOM)
    }

    fn draw(&self, title: &str, x_text: impl Fn(f64) -> String, y_text: impl Fn(f64) -> String, inside: &Markup) -> Markup {
        let (width, height) = (self.width, self.height);
        html! {
            svg viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(title) {
                title { (title) }
                @for tick in self.y.ticks() {
                    line.grid x1=(LEFT) x2=(width - RIGHT) y1=(at(self.y(tick))) y2=(at(self.y(tick))) {}
                    text.tick text-anchor="end" x=(LEFT - 6.0) y=(at(self.y(tick) + 4.0)) { (y_text(tick)) }
                }
                @for tick in self.x.ticks() {
                    text.tick text-anchor="middle" x=(at(self.x(tick))) y=(height - BOTTOM + 16.0) { (x_text(tick)) }
                }
                text.tick text-anchor="middle" x=(at((LEFT + width - RIGHT) / 2.0)) y=(height - 6.0) { (self.x.label) }
                text.tick text-anchor="middle" transform=(format!("translate(12 {}) rotate(-90)", at((TOP + height - BOTTOM) / 2.0))) { (self.y.label) }
                (inside)
            }
        }
    }
}

fn at(value: f64) -> String {
    format!("{value:.1}")
}

fn path(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let steps = points.into_iter().enumerate().map(|(number, (x, y))| format!("{}{x:.1} {y:.1}", if number == 0 { 'M' } else { 'L' }));
    steps.collect::<Vec<_>>().join(" ")
}

/// One block of a comparison, as ratios.
pub struct BlockPoint {
    pub ratio: f64,
    pub low: f64,
    pub high: f64,
}

/// Block effects as dots with the confidence sequence closing in around them.
pub fn blocks(points: &[BlockPoint], theta: f64) -> Markup {
    let known = |value: f64| value.is_finite() && value > 0.05 && value < 20.0;
    let mut extremes: Vec<f64> = points.iter().map(|point| point.ratio).chain([1.0, 1.0 + theta]).collect();
    let settled = points.len() / 3;
    extremes.extend(points.iter().skip(settled).flat_map(|point| [point.low, point.high]).filter(|value| known(*value)));
    let low = extremes.iter().copied().fold(f64::INFINITY, f64::min) * 0.97;
    let high = extremes.iter().copied().fold(0.0, f64::max) * 1.03;
    let frame = Frame {
        width: 560.0,
        height: 260.0,
        x: Axis { low: 0.5, high: points.len() as f64 + 0.5, logarithmic: false, label: "block" },
        y: Axis { low, high, logarithmic: false, label: "speed, candidate to baseline" },
    };
    let along = |pick: fn(&BlockPoint) -> f64| {
        points.iter().enumerate().map(|(number, point)| (frame.x(number as f64 + 1.0), frame.y(pick(point)))).collect::<Vec<_>>()
    };
    let mut band = along(|point| point.high);
    band.extend(along(|point| point.low).into_iter().rev());
    let inside = html! {
        path.band d=(path(band) + " Z") {}
        line.one x1=(LEFT) x2=(frame.width - RIGHT) y1=(at(frame.y(1.0))) y2=(at(frame.y(1.0))) {}
        line.threshold x1=(LEFT) x2=(frame.width - RIGHT) y1=(at(frame.y(1.0 + theta))) y2=(at(frame.y(1.0 + theta))) {
            title { "the speedup that must be proved" }
        }
        @for (number, point) in points.iter().enumerate() {
            circle.dot cx=(at(frame.x(number as f64 + 1.0))) cy=(at(frame.y(point.ratio))) r="3.5" {
                title { (format!("block {}: {:.3}x, interval so far {:.3}–{:.3}", number + 1, point.ratio, point.low, point.high)) }
            }
        }
    };
    frame.draw("Block effects with the 95 % confidence sequence", |tick| format!("{tick:.0}"), |tick| format!("{tick:.2}x"), &inside)
}

/// One input size with the time of a call, in nanoseconds.
pub struct SizePoint {
    pub size: f64,
    pub before: f64,
    pub after: f64,
}

/// Time of a call against input size, before and after, on logarithmic axes.
pub fn scaling(points: &[SizePoint]) -> Markup {
    let sizes: Vec<f64> = points.iter().map(|point| point.size.max(1.0)).collect();
    let times: Vec<f64> = points.iter().flat_map(|point| [point.before, point.after]).map(|time| time.max(1.0)).collect();
    let range =
        |values: &[f64]| (values.iter().copied().fold(f64::INFINITY, f64::min) * 0.8, values.iter().copied().fold(0.0, f64::max) * 1.25);
    let ((small, large), (fast, slow)) = (range(&sizes), range(&times));
    let frame = Frame {
        width: 560.0,
        height: 260.0,
        x: Axis { low: small, high: large, logarithmic: true, label: "input size" },
        y: Axis { low: fast, high: slow, logarithmic: true, label: "time of a call" },
    };
    let line = |pick: fn(&SizePoint) -> f64| path(points.iter().map(|point| (frame.x(point.size.max(1.0)), frame.y(pick(point).max(1.0)))));
    let inside = html! {
        path.before d=(line(|point| point.before)) {}
        path.after d=(line(|point| point.after)) {}
        @for point in points {
            @for (time, class, word) in [(point.before, "dot muted", "before"), (point.after, "dot", "after")] {
                circle class=(class) cx=(at(frame.x(point.size.max(1.0)))) cy=(at(frame.y(time.max(1.0)))) r="3.5" {
                    title { (format!("{word}, size {:.0}: {}", point.size, crate::text::nanoseconds(time))) }
                }
            }
        }
    };
    frame.draw("Time against input size, before and after", |tick| format!("{tick:.0}"), crate::text::nanoseconds, &inside)
}

/// One bar with parts: a label, and seconds (or micro-dollars) by name.
pub fn shares(title: &str, parts: &[(String, f64)], text: impl Fn(f64) -> String) -> Markup {
    let total: f64 = parts.iter().map(|(_, value)| value).sum();
    let shown: Vec<&(String, f64)> = parts.iter().filter(|(_, value)| *value > 0.0).collect();
    html! {
        @if total > 0.0 {
            table.shares {
                caption { (title) }
                tbody {
                    @for (name, value) in shown {
                        tr {
                            th scope="row" { (name) }
                            td.number { (text(*value)) }
                            td.number { (crate::text::percent(value / total)) }
                            td.bar { svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" {
                                rect.fill x="0" y="0" height="8" width=(at(value / total * 100.0)) {}
                            } }
                        }
                    }
                }
            }
        }
    }
}

/// A call in the flame graph.
pub struct Flame {
    pub name: String,
    pub seconds: f64,
    pub is_target: bool,
    pub children: Vec<Flame>,
}

const FLAME_ROW: f64 = 18.0;
const FLAME_DEPTH: usize = 24;

/// The baseline's calls, callers above what they call, widths by time.
pub fn flame(root: &Flame) -> Markup {
    let depth = depth_of(root).min(FLAME_DEPTH);
    let (width, height) = (960.0, depth as f64 * FLAME_ROW + 4.0);
    html! {
        svg.flame viewBox=(format!("0 0 {width} {height}")) role="img" aria-label="Flame graph of the baseline" {
            (flame_rows(root, root.seconds.max(1e-12), 0.0, width, 0))
        }
    }
}

fn depth_of(flame: &Flame) -> usize {
    1 + flame.children.iter().map(depth_of).max().unwrap_or(0)
}

fn flame_rows(flame: &Flame, total: f64, left: f64, width: f64, depth: usize) -> Markup {
    let mut next = left;
    let own_width = flame.seconds / total * width;
    let fits = own_width > 40.0;
    let shown: String = flame.name.chars().take((own_width / 6.5) as usize).collect();
    html! {
        @if own_width >= 0.6 && depth < FLAME_DEPTH {
            g {
                rect class=(if flame.is_target { "flame-target" } else { "flame-call" }) x=(at(left)) y=(at(depth as f64 * FLAME_ROW)) width=(at(own_width)) height=(FLAME_ROW - 1.0) {
                    title { (flame.name) ": " (crate::text::seconds(flame.seconds)) ", " (crate::text::percent(flame.seconds / total)) }
                }
                @if fits {
                    text.flame-name x=(at(left + 4.0)) y=(at(depth as f64 * FLAME_ROW + 12.5)) { (shown) }
                }
            }
            @for child in &flame.children {
                (flame_rows(child, total, { let at = next; next += child.seconds / total * width; at }, width, depth + 1))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_is_a_dot_and_names_its_numbers() {
        let point = |ratio: f64| BlockPoint { ratio, low: ratio - 0.1, high: ratio + 0.1 };
        let chart = blocks(&[point(1.2), point(1.3)], 0.05).into_string();
        assert_eq!(chart.matches("<circle").count(), 2);
        assert!(chart.contains("block 2: 1.300x, interval so far 1.200–1.400"));
    }

    #[test]
    fn ticks_are_round_and_inside() {
        let axis = Axis { low: 0.97, high: 2.1, logarithmic: false, label: "" };
        assert_eq!(axis.ticks(), [1.0, 1.5, 2.0]);
        let decades = Axis { low: 8.0, high: 1200.0, logarithmic: true, label: "" };
        assert_eq!(decades.ticks(), [10.0, 100.0, 1000.0]);
    }

    #[test]
    fn a_flame_keeps_children_inside_their_parent() {
        let leaf = |name: &str, seconds: f64| Flame { name: name.into(), seconds, is_target: false, children: Vec::new() };
        let root = Flame { name: "all".into(), seconds: 4.0, is_target: false, children: vec![leaf("a", 1.0), leaf("b", 3.0)] };
        let chart = flame(&root).into_string();
        assert!(chart.contains("x=\"240.0\"") && chart.contains("b: 3.0 s, 75 %"), "{chart}");
    }
}

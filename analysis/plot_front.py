#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw a front file as one figure.

Panels: the front of current J against entropy production sigma with its exact reference and bound;
the optimal rates along it; the convergence of every point; and the distance of the estimates from
the exact values in standard errors. A panel without data is left out. Points that have not
converged, by the verdicts in the file, are hollow; `fluxfront info` says why.
"""

import os
import re

import needs

needs.check("h5py", "matplotlib", "numpy")

import matplotlib  # noqa: E402 (what is needed is known to be there)

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402 (the backend comes first)
import numpy as np  # noqa: E402
from matplotlib.colors import ListedColormap, Normalize  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.ticker import FixedLocator, MaxNLocator  # noqa: E402

import front_file  # noqa: E402

# Colours of Okabe and Ito, told apart with any colour vision.
BLUE, VERMILLION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
PURPLE, SKY, GREY, BLACK = "#CC79A7", "#56B4E9", "#6E6E6E", "#000000"
CYCLE = [BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, GREY, BLACK]
MARKERS = "os^Dvp"
# viridis without its palest end, which vanishes on white.
RAMP = ListedColormap(plt.get_cmap("viridis")(np.linspace(0, 0.9, 256)))

MAX_NAMED_CHANNELS = 14
SMOOTHING = 20  # histories are shown as running means over this fraction, 1/20, of their length
MAX_HISTORIES = 60  # curves drawn in the panel of convergence histories

STYLE = {
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.labelsize": 11.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.limits": (-3, 4),
    "axes.formatter.use_mathtext": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.8,
    "legend.fontsize": 10,
    "legend.framealpha": 0.9,
    "legend.edgecolor": "#CCCCCC",
    "lines.linewidth": 1.5,
}


# A legend to the right of its panel.
BESIDE = dict(loc="upper left", bbox_to_anchor=(1.01, 1.02), frameon=False, title_fontsize=10,
              labelspacing=0.35, borderaxespad=0.0, alignment="left")


class View:
    """The arrays of a front file that the panels share, without the failed points."""

    def __init__(self, front):
        self.front = front
        self.is_ok = front["front/status"] == 0
        self.n_failed = int(np.count_nonzero(~self.is_ok))
        self.weight = self.points("weight")
        self.current = self.points("current")
        self.current_stderr = self.points("current_stderr")
        self.entropy = self.points("entropy_production")
        self.entropy_stderr = self.points("entropy_production_stderr")
        self.is_nondominated = self.points("nondominated") == 1
        self.is_converged = self.converged_points()
        self.n_unconverged = int(np.count_nonzero(~self.is_converged))
        self.current_label = self.axis_label("J", "front/current")
        self.entropy_label = self.axis_label(r"$\sigma$", "front/entropy_production")

    def points(self, name):
        """A dataset of /front at the points that did not fail."""
        return self.front[f"front/{name}"][self.is_ok]

    def converged_points(self):
        """Which points have converged; all of them in a file before format 1.2, which has no verdicts."""
        if "front/converged" not in self.front:
            return np.ones(len(self.current), dtype=bool)
        return self.points("converged") == 1

    def axis_label(self, symbol, dataset):
        symbol = "$J$" if symbol == "J" else symbol
        return f"{symbol} ({unit_text(self.front.units[dataset])})"


def unit_text(unit):
    """The unit of a dataset as it is typeset: k_B/time^2 with its subscript and its power."""
    unit = unit.replace("k_B", r"$k_\mathrm{B}$")
    return re.sub(r"\^(-?\d+)", r"$^{\1}$", unit)


def model_kind(resolved):
    """The value of `kind` in the section `model` of a resolved configuration, or None."""
    section = re.search(r"^model:(.*?)(?=^\S|\Z)", resolved, re.DOTALL | re.MULTILINE)
    kind = section and re.search(r"""\bkind["']?:\s*["']?([\w-]+)""", section.group(1))
    return kind.group(1) if kind else None


def padded(values, with_zero=False):
    """Axis limits around finite values, of which there must be one, and around zero if asked."""
    low, high = values.min(), values.max()
    if with_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    margin = 0.06 * (high - low) or 0.5 * abs(high) or 1.0
    return low - margin, high + margin


def set_limits(setter, values, is_log, is_lone):
    """Limits of one axis of the front; zero, which is equilibrium, is shown unless far away."""
    values = values[np.isfinite(values) & (values > 0 if is_log else True)]
    if values.size == 0:
        return
    if is_log:
        low, high = padded(np.log10(values))
        setter(10**low, 10**high)
    else:
        is_near = np.abs(values).min() < 0.5 * np.abs(values).max()
        setter(padded(values, with_zero=is_near or is_lone))


def draw_front(axes, view, is_log):
    """J against sigma: the points with their errors, the exact reference, the analytic bound."""
    front = view.front
    seen_x = [view.entropy - view.entropy_stderr, view.entropy + view.entropy_stderr]
    seen_y = [view.current - view.current_stderr, view.current + view.current_stderr]

    bound_current = front.get("reference/bound_current")
    if bound_current is not None and bound_current.size:
        axes.plot(front["reference/bound_entropy_production"], bound_current, "--", color=BLACK,
                  linewidth=1.4, zorder=4, label="analytic bound")

    reference_current = front.get("reference/current")
    if reference_current is not None:
        order = np.argsort(reference_current)
        order = order[np.isfinite(reference_current[order])]
        x, y = front["reference/entropy_production"][order], reference_current[order]
        axes.plot(x, y, "-", color=VERMILLION, zorder=3, alpha=0.8)
        # The markers lie on top: where a point agrees with the reference, both can be seen. They are
        # small and without an edge, else a filled point beneath would look hollow.
        axes.plot(x, y, "D", color=VERMILLION, markersize=3, markeredgewidth=0, zorder=7)
        axes.plot([], [], "-D", color=VERMILLION, markersize=3, markeredgewidth=0,
                  label="best known optimum")
        seen_x.append(x)
        seen_y.append(y)

    # Colour says whether a point belongs to the front, filling whether it has converged.
    is_drawn = (view.current > 0) & (view.entropy > 0) if is_log else np.isfinite(view.current)
    for is_front, colour, label in ((True, BLUE, "non-dominated"), (False, GREY, "dominated")):
        of_kind = is_drawn & (view.is_nondominated == is_front)
        for is_filled in (True, False):
            chosen = of_kind & (view.is_converged == is_filled)
            if chosen.any():
                axes.errorbar(view.entropy[chosen], view.current[chosen],
                              xerr=view.entropy_stderr[chosen], yerr=view.current_stderr[chosen],
                              elinewidth=1.2, capsize=3, zorder=6 if is_front else 5,
                              **point_style(colour, is_filled))
        if of_kind.any():
            axes.plot([], [], label=f"{label} ({np.count_nonzero(of_kind)})",
                      **point_style(colour, True))
    n_hollow = np.count_nonzero(is_drawn & ~view.is_converged)
    if n_hollow:
        axes.plot([], [], label=f"of these not converged ({n_hollow})", **point_style(BLUE, False))

    # The points decide the limits; the bound may run to infinity.
    if is_log:
        axes.set_xscale("log")
        axes.set_yscale("log")
    is_lone = len(view.current) == 1
    set_limits(axes.set_xlim, np.concatenate(seen_x), is_log, is_lone)
    set_limits(axes.set_ylim, np.concatenate(seen_y), is_log, is_lone)
    axes.set_xlabel(view.entropy_label)
    axes.set_ylabel(view.current_label)
    axes.set_title("Pareto front" + (f" ({view.n_unconverged} of {len(view.current)} not converged)"
                                     if view.n_unconverged else ""))

    notes = [f"{view.n_failed} failed, not drawn"] if view.n_failed else []
    n_outside = np.count_nonzero((view.current <= 0) | (view.entropy <= 0))
    if is_log and n_outside:
        notes.append(f"{n_outside} not above zero, not drawn")
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        # Points first, then curves, then what is missing.
        order = sorted(range(len(handles)), key=lambda i: not labels[i].endswith(")"))
        blank = Line2D([], [], linestyle="none")
        axes.legend([handles[i] for i in order] + [blank] * len(notes),
                    [labels[i] for i in order] + notes,
                    loc="best" if is_log else "lower right", title_fontsize=10,
                    title="points with ±1 standard error")
    else:
        axes.set_xticks([])
        axes.set_yticks([])
        axes.text(0.5, 0.5, "\n".join(["no points", *notes]), transform=axes.transAxes,
                  ha="center", va="center")


def point_style(colour, is_filled):
    """How a point of the front is drawn, hollow if it has not converged."""
    return dict(color=colour, marker="o", linestyle="none", markersize=6.2,
                markeredgecolor=colour, markerfacecolor=colour if is_filled else "white",
                markeredgewidth=1.3)


def draw_rates(axes, view):
    """Rate constants of every channel along the front, forward and reverse in one colour."""
    order = np.argsort(view.current)
    current, rates = view.current[order], view.points("rates")[order]
    channels = view.front["front/channel"]
    axes.set_yscale("log")

    if len(channels) <= MAX_NAMED_CHANNELS:
        for r, (pair, is_reverse) in enumerate(pairs(view.front, len(channels))):
            colour = CYCLE[pair % len(CYCLE)]
            axes.plot(current, rates[:, r], "--" if is_reverse else "-", color=colour,
                      marker=MARKERS[pair % len(MARKERS)], markersize=4.2,
                      markerfacecolor="white" if is_reverse else colour,
                      linewidth=1.3, label=shortened(channels[r]))
        size = 10 if len(channels) <= 8 else 9.5
        axes.legend(title="channel", fontsize=size, handlelength=2.2, **BESIDE)
    else:
        norm = Normalize(0, len(channels) - 1)
        marker = "." if len(current) == 1 else None
        for r in range(len(channels)):
            axes.plot(current, rates[:, r], color=RAMP(norm(r)), linewidth=0.9, alpha=0.8,
                      marker=marker)
        bar = axes.figure.colorbar(plt.cm.ScalarMappable(norm, RAMP), ax=axes, pad=0.02)
        bar.set_label("number of the channel")
        bar.outline.set_visible(False)
        bar.ax.yaxis.set_major_locator(MaxNLocator(6, integer=True))

    few_decades(axes.yaxis, rates)
    axes.set_xlabel(view.current_label)
    axes.set_ylabel(f"rate constant ({unit_text(view.front.units['front/rates'])})")
    axes.set_title("Optimal rates along the front")


def pairs(front, n_channels):
    """For every channel (number of its forward-reverse pair, whether it is the second of it)."""
    reverse = front.get("model/reverse")
    if reverse is None or len(reverse) != n_channels:
        reverse = np.full(n_channels, -1)
    number, found = {}, []
    for r, partner in enumerate(reverse.tolist()):
        is_second = 0 <= partner < r
        if not is_second:
            number[r] = len(number)
        found.append((number[partner if is_second else r], is_second))
    return found


def shortened(name, longest=16):
    return name if len(name) <= longest else name[: longest - 1] + "…"


def few_decades(axis, values):
    """Label a logarithmic axis of less than two decades in between the powers of ten, too."""
    values = values[np.isfinite(values) & (values > 0)]
    if values.size == 0 or values.max() / values.min() > 100:
        return
    low, high = values.min() / 1.15, values.max() * 1.15
    axis.axes.set_ylim(low, high)
    axis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(matplotlib.ticker.FormatStrFormatter("%g"))
    axis.set_minor_formatter(matplotlib.ticker.NullFormatter())


def draw_histories(axes, view):
    """The scalarised objective of every point above the best known optimum, or above where it ended."""
    front = view.front
    histories = front["history/objective"][view.is_ok]
    n_used = 1 + np.flatnonzero(np.isfinite(histories).any(axis=0)).max()
    histories, iteration = histories[:, :n_used], front["history/iteration"][:n_used]
    optimum = front.get("reference/objective")
    if optimum is not None and np.isfinite(optimum[view.is_ok]).all():
        excess = histories - optimum[view.is_ok][:, None]
        label = "objective $-$ best known optimum"
    else:
        excess = histories - np.array([[settled(history)[0]] for history in histories])
        label = "objective $-$ its final value"

    window = max(1, excess.shape[1] // SMOOTHING)
    smooth = np.array([running_mean(row, window) for row in excess])
    norm = Normalize(0, 1)
    shown = np.unique(np.linspace(0, len(excess) - 1, MAX_HISTORIES).round().astype(int))
    for i in shown:
        colour = RAMP(norm(view.weight[i]))
        if window > 1:
            axes.plot(iteration, excess[i], color=colour, linewidth=0.6, alpha=0.13)
        axes.plot(iteration, smooth[i], color=colour, linewidth=1.3, zorder=3)

    # Below the scatter of the late iterations the logarithm says nothing: linear there.
    noise = np.nanmedian([settled(row)[1] for row in smooth])
    top = np.nanmax(np.abs(smooth), initial=0.0)
    notes = [f"running means over {window} iterations"] if window > 1 else []
    if top > 0:
        threshold = 10 ** np.ceil(np.log10(max(noise, 1e-4 * top)))
        if threshold < top:
            axes.set_yscale("symlog", linthresh=threshold, linscale=0.6)
            ticks = axes.yaxis.get_majorticklocs()
            outside = [tick for tick in ticks if abs(tick) > 1.01 * threshold]
            axes.yaxis.set_major_locator(FixedLocator([-threshold, 0, threshold, *outside]))
            axes.axhspan(-threshold, threshold, color="#F0F0F0", zorder=0)
            notes.append("linear scale in the grey band")
    axes.axhline(0, color=BLACK, linewidth=0.9, zorder=1)
    axes.text(0.98, 0.97, "\n".join(notes), transform=axes.transAxes, ha="right", va="top",
              fontsize=10, color="#444444", zorder=5,
              bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.9, "pad": 2})
    axes.set_xlim(iteration[0], max(iteration[-1], iteration[0] + 1))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xlabel("iteration")
    axes.set_ylabel(label)
    axes.set_title("Convergence")
    bar = axes.figure.colorbar(plt.cm.ScalarMappable(norm, RAMP), ax=axes, pad=0.02)
    bar.set_label("weight $w$ of the current")
    bar.outline.set_visible(False)


def running_mean(values, window):
    """Centred mean over up to `window` finite values, fewer at the ends; NaN stays NaN."""
    is_finite = np.isfinite(values)
    kernel = np.ones(window)
    total = np.convolve(np.where(is_finite, values, 0.0), kernel, mode="same")
    count = np.convolve(is_finite, kernel, mode="same")
    return np.where(is_finite, total / np.maximum(count, 1), np.nan)


def settled(history):
    """Mean and standard deviation over the last tenth of a history, at least three iterations."""
    finite = history[np.isfinite(history)]
    tail = finite[-max(3, len(finite) // 10):]
    return (tail.mean(), tail.std()) if tail.size else (np.nan, np.nan)


def z_scores(view):
    """(estimate - exact) / standard error of J and of sigma; NaN where either is unknown."""
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = [
            (view.points(name) - view.points(f"exact_{name}")) / view.points(f"{name}_stderr")
            for name in ("current", "entropy_production")
        ]
    return [np.where(np.isfinite(z), z, np.nan) for z in scores]


def draw_trust(axes, view):
    """How many standard errors the estimates lie from the exact values at the same rates."""
    z_current, z_entropy = z_scores(view)
    both = np.abs([z_current, z_entropy])
    axes.axhspan(-2, 2, color="#F0F0F0", zorder=0)
    axes.axhline(0, color=BLACK, linewidth=0.9, zorder=1)
    for level in (-2, 2):
        axes.axhline(level, color=GREY, linestyle="--", linewidth=1.1, zorder=1)
    axes.plot(view.current, z_current, "o", color=BLUE, markersize=6, label="$J$")
    # Around the marker of J, since both are at one place where sigma is proportional to J.
    axes.plot(view.current, z_entropy, "s", color=VERMILLION, markersize=9,
              markerfacecolor="none", markeredgewidth=1.4, label=r"$\sigma$")

    is_known = np.isfinite(both).any(axis=0)
    farthest = np.nanmax(both[:, is_known], axis=0)
    reach = max(3.6, 1.15 * farthest.max())
    axes.set_ylim(-reach, reach)
    axes.yaxis.set_major_locator(MaxNLocator(8, integer=True))
    n_within = np.count_nonzero(farthest <= 2)
    axes.legend(title=f"{n_within} of {farthest.size}\npoints\nwithin ±2", **BESIDE)
    axes.set_xlabel(view.current_label)
    axes.set_ylabel("(estimate $-$ exact) / std. error")
    axes.set_title("Estimates against exact values")


def figure_of(front, is_log=False):
    """The figure of a front file."""
    view = View(front)
    has_points = view.is_ok.any()
    panels = [lambda axes: draw_front(axes, view, is_log)]
    if has_points:
        panels.append(lambda axes: draw_rates(axes, view))
    histories = front.get("history/objective")
    if (histories is not None and histories.shape[1] > 1
            and np.isfinite(histories[view.is_ok]).any()):
        panels.append(lambda axes: draw_histories(axes, view))
    if has_points and np.isfinite(z_scores(view)).any():
        panels.append(lambda axes: draw_trust(axes, view))

    mosaic = {1: "a", 2: "ab", 3: "ab;ac", 4: "ab;cd"}[len(panels)]
    size = {1: (8.0, 5.6), 2: (10.5, 4.8), 3: (10.5, 7.2), 4: (10.5, 8.0)}[len(panels)]
    figure = plt.figure(figsize=size, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1, wspace=0.02, hspace=0.02)
    axes = figure.subplot_mosaic(mosaic)
    for key, draw in zip("abcd", panels):
        draw(axes[key])
        if len(panels) > 1:
            axes[key].set_title(f"({key}) " + axes[key].get_title("left"))
    figure.suptitle(title_of(view), fontsize=15, fontweight="bold", x=0.012, ha="left")
    figure.supxlabel(footer_of(view), fontsize=10, color="#444444", x=0.012, ha="left")
    fold_powers_of_ten(figure)
    return figure


def fold_powers_of_ten(figure):
    """Move the common factor of tick labels, which collides with titles, into the axis label."""
    figure.canvas.draw()  # until then the factors are unknown
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            factor = axis.get_offset_text().get_text()
            if factor and axis.get_label_text():
                axis.set_label_text(axis.get_label_text().replace("(", f"({factor} ", 1))
                axis.get_offset_text().set_visible(False)


def title_of(view):
    kind = model_kind(str(view.front.get("config/resolved", "")))
    subject = "Current against entropy production"
    return f"{subject}: {kind} model" if kind else subject


def footer_of(view):
    front = view.front
    n_points = len(front["front/point"])
    counts = [f"{n_points} point" + ("s" if n_points != 1 else "")]
    if view.n_failed:
        counts.append(f"{view.n_failed} failed")
    if view.n_unconverged:
        counts.append(f"{view.n_unconverged} not converged")
    parts = [f"status: {front.attributes.get('status', 'unknown')}", ", ".join(counts)]
    hypervolume = front.get("metrics/hypervolume")
    if hypervolume is not None and np.isfinite(hypervolume):
        unit = unit_text(front.units["metrics/hypervolume"])
        parts.append(f"hypervolume {hypervolume:.5g} {unit}")
    parts.append(f"seed {front.attributes.get('seed', 'unknown')}")
    parts.append(f"fluxfront {front.attributes.get('software_version', '')}".strip())
    return "   |   ".join(parts)


def main():
    paragraphs = __doc__.split("\n\n")
    parser = front_file.ArgumentParser(description=paragraphs[0],
                                       epilog=" ".join(paragraphs[1].split()))
    parser.add_argument("front", metavar="FRONT.h5", help="front file written by `fluxfront run`")
    parser.add_argument("-o", "--output", metavar="FILE", required=True,
                        help="image to write, replaced if it exists; the ending gives the format "
                             "(.png, .pdf, .svg)")
    parser.add_argument("--log", action="store_true",
                        help="logarithmic axes in the panel of the front")
    parser.add_argument("--dpi", type=int, default=170, help="resolution of a PNG (default: 170)")
    arguments = parser.parse_args()

    ending = os.path.splitext(arguments.output)[1].lstrip(".").lower()
    if ending not in Figure().canvas.get_supported_filetypes():
        parser.error(f"{arguments.output}: the ending must be .png, .pdf or .svg")
    if arguments.dpi < 1:
        parser.error(f"--dpi: {arguments.dpi} is not a positive number")
    front = front_file.read(arguments.front)
    with plt.style.context(["default", STYLE]):  # whatever the user's own settings are
        figure_of(front, arguments.log).savefig(arguments.output, dpi=arguments.dpi)


if __name__ == "__main__":
    front_file.run(os.path.basename(__file__), main)

// The page: what can be played, and the curves.

(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const stage = document.getElementById("stage");
  const charts = data.charts.map(
    (chart, i) => new Chart(chart, data.last, i === data.charts.length - 1)
  );
  const redraw = [];
  const mark = (step) => charts.forEach((chart) => chart.mark(step));

  if (data.scene) {
    const { scene } = data;
    const shown = new SCENES[scene.kind](scene);
    const canvas = new Canvas(shown.label, (width) => shown.ratio(width));
    const readout = element("p", { class: "readout" });
    const player = new Player(scene.steps, "Recorded frames", (index) => {
      const [context, width, height] = canvas.begin();
      shown.draw(context, width, height, index, colours());
      readout.replaceChildren(
        ...Object.entries(scene.numbers).map(([name, values]) =>
          element("span", {}, `${label(name)} `, element("b", {}, number(values[index])))
        )
      );
      mark(scene.steps[index]);
    });
    stage.append(
      legend(shown.legend), canvas.node, player.node, readout,
      element("p", { class: "note" }, shown.note)
    );
    redraw.push(() => player.draw());
  } else if (data.grids) {
    const { grids } = data;
    const image = element("img", { class: "grid" });
    const player = new Player(grids.steps, "Grids of samples", (index) => {
      image.src = grids.images[index];
      image.alt = `Samples after ${grids.steps[index]} steps`;
      mark(grids.steps[index]);
    });
    let words = "The same z in every grid.";
    if (grids.left_out) {
      words += ` ${grids.left_out} more grids are in samples/.`;
    }
    stage.append(image, player.node, element("p", { class: "note" }, words));
    redraw.push(() => player.draw());
  }

  const section = document.getElementById("charts");
  for (const chart of charts) {
    section.append(chart.node);
    redraw.push(() => chart.draw());
  }
  if (!charts.length) {
    section.append(element("p", { class: "note" }, "Nothing was logged."));
  } else {
    let words = "Thin: what was logged. Bold: the mean over a fiftieth of the run. " +
      "Dashed: the equilibrium, or what real samples score.";
    const most = Math.max(...charts.map((chart) => chart.chart.bundle));
    if (most > 1) words += ` A point is the mean of up to ${most} logged steps.`;
    section.append(element("p", { class: "note" }, words));
  }

  function label(name) {
    const words = { d_loss: "discriminator loss", g_loss: "generator loss",
      d_real: "D(x)", d_fake: "D(G(z))" };
    return words[name] || name.replaceAll("_", " ");
  }

  const all = () => redraw.forEach((draw) => draw());
  let waiting = 0;
  window.addEventListener("resize", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(all);
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
  all();
})();

/** The charts' colours on dark paper, by those on white paper (`charts/style.ts`, `fitted.ts`) as a drawing writes them. */
export const DARK: Readonly<Record<string, string>> = {
  "255-255-255": "#16181d",
  "34-34-34": "#e4e6eb",
  "0-0-0": "#e4e6eb",
  "68-68-68": "#9aa0ab",
  "118-118-118": "#8d939e",
  "230-230-230": "#30343c",
  "0-114-178": "#4ba3e3",
  "213-94-0": "#f5834a",
  "0-158-115": "#2fc79a",
  "204-121-167": "#de94be",
  "230-159-0": "#f0b429",
  "86-180-233": "#8fd0f5",
};

/** A drawing on white paper as one on dark paper. */
export const darkSvg = (svg: string): string =>
  svg.replace(
    /rgb\((\d+), (\d+), (\d+)\)/g,
    (color, red, green, blue) => DARK[`${red}-${green}-${blue}`] ?? color,
  );

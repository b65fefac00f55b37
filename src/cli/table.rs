//! Aligned columns.

/// Rows under headings, aligned, without blanks at the ends of lines.
pub fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let headings: Vec<String> = headings
        .iter()
        .map(|heading| (*heading).to_owned())
        .collect();
    let width = |column: usize| {
        let cells = std::iter::once(&headings).chain(rows);
        let cells = cells.filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    let lines: Vec<String> = std::iter::once(&headings).chain(rows).map(line).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [
            vec!["alice".into(), "Zoë".into(), String::new()],
            vec!["bo".into(), "B".into(), "x".into()],
        ];
        assert_eq!(
            table(&["USER", "NAME", "NOTE"], &rows),
            "USER   NAME  NOTE\nalice  Zoë\nbo     B     x"
        );
    }
}

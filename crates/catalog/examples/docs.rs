//! Writes `docs/methods/*.md` from the catalogue.

use std::path::Path;

use glassboard_catalog::{Family, docs};

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/methods");
    std::fs::create_dir_all(&folder)?;
    for family in Family::ALL {
        let page = docs::page(family);
        if !page.is_empty() {
            std::fs::write(folder.join(format!("{}.md", family.page())), page)?;
        }
    }
    Ok(())
}

//! The mesh plugin's metadata: which part of which mesh a tag holds.

use crate::payload::OTHER_KIND;
use crate::tensor::Tensor;
use crate::wire::Fields;
use crate::{Data, Malformed};

/// A mesh of more numbers is damage.
const MAX_NUMBERS: usize = 1 << 26;

/// Which part of a mesh.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Part {
    /// Not said.
    #[default]
    Unknown,
    /// Points in space.
    Vertex,
    /// Triangles: three indices of points.
    Face,
    /// Red, green and blue of each point, 0 to 255.
    Colour,
}

/// What a tag says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MeshInfo {
    /// The mesh; its parts are of one name.
    pub name: String,
    /// Which part.
    pub part: Part,
    /// The writer's settings for the view, JSON; may be empty.
    pub config: String,
}

/// One part: how many meshes were logged together, rows of each, and all numbers in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MeshPart {
    /// Meshes logged together.
    pub meshes: usize,
    /// Rows of three numbers of each mesh.
    pub rows: usize,
    /// The numbers.
    pub numbers: Vec<f64>,
}

impl MeshInfo {
    /// Decodes a `MeshPluginData`.
    pub fn decode(content: &[u8]) -> Result<Self, Malformed> {
        let mut info = Self::default();
        for field in Fields::new(content) {
            match field? {
                (2, wire) => wire.text()?.clone_into(&mut info.name),
                (3, wire) => {
                    info.part = match wire.integer()? {
                        1 => Part::Vertex,
                        2 => Part::Face,
                        3 => Part::Colour,
                        _ => Part::Unknown,
                    }
                }
                (5, wire) => wire.text()?.clone_into(&mut info.config),
                _ => {}
            }
        }
        Ok(info)
    }
}

impl Data<'_> {
    /// A tensor `[meshes, rows, 3]`, of whatever number type it was written in.
    pub fn mesh_part(&self) -> Result<MeshPart, Malformed> {
        let Self::Tensor(message) = *self else {
            return Err(OTHER_KIND);
        };
        let tensor = Tensor::decode(message)?;
        let (meshes, rows) = match *tensor.dims() {
            [meshes, rows, 3] => (meshes as usize, rows as usize),
            [rows, 3] => (1, rows as usize),
            _ => return Err(Malformed("a mesh's tensor is not of rows of three numbers")),
        };
        let numbers = tensor.numbers(MAX_NUMBERS)?;
        Ok(MeshPart { meshes, rows, numbers })
    }
}

impl MeshPart {
    /// The numbers of one mesh.
    pub fn of(&self, mesh: usize) -> &[f64] {
        let each = self.rows.saturating_mul(3);
        let from = mesh.saturating_mul(each);
        self.numbers.get(from..from.saturating_add(each)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::Message;

    #[test]
    fn a_tag_says_its_mesh_and_part() {
        let content = Message::default()
            .bytes(2, b"bunny")
            .integer(3, 2)
            .bytes(5, b"{\"camera\":1}");
        let info = MeshInfo::decode(&content.0).unwrap();
        assert_eq!((info.name.as_str(), info.part), ("bunny", Part::Face));
        assert_eq!(info.config, "{\"camera\":1}");
        assert_eq!(MeshInfo::decode(&[]).unwrap(), MeshInfo::default());
    }

    #[test]
    fn points_of_each_mesh() {
        let dim = |n: i64| Message::default().integer(1, n).0;
        let shape = Message::default().bytes(2, &dim(2)).bytes(2, &dim(1)).bytes(2, &dim(3));
        let packed: Vec<u8> = (0..6u8).flat_map(|n| f32::from(n).to_le_bytes()).collect();
        let tensor = Message::default().integer(1, 1).bytes(2, &shape.0).bytes(5, &packed);
        let part = Data::Tensor(&tensor.0).mesh_part().unwrap();
        assert_eq!((part.meshes, part.rows), (2, 1));
        assert_eq!(part.of(1), [3.0, 4.0, 5.0]);
        assert!(part.of(2).is_empty());
    }
}

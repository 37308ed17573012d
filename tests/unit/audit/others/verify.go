// Checks a log in a folder with golang.org/x/mod, which others wrote: the checkpoint's signature by
// sumdb/note, every entry's proof from the tiles and the growth from an earlier size by sumdb/tlog.
//
//	go run verify.go FOLDER KEY OLD-SIZE OLD-ROOT
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type folder string

// name of a tile: tlog's has its height, and "data" for level -1, in front.
func (dir folder) path(tile tlog.Tile) string {
	parts := strings.SplitN(tile.Path(), "/", 4)
	level := parts[2]
	if tile.L == -1 {
		level = "entries"
	}
	return filepath.Join(string(dir), "tile", level, parts[3])
}

func (dir folder) Height() int { return 8 }

func (dir folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(dir.path(tile))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (dir folder) SaveTiles([]tlog.Tile, [][]byte) {}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	dir := folder(os.Args[1])
	signed, err := os.ReadFile(filepath.Join(string(dir), "checkpoint"))
	must(err)
	verifier, err := note.NewVerifier(os.Args[2])
	must(err)
	opened, err := note.Open(signed, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(lines[2])
	must(err)
	tree := tlog.Tree{N: size, Hash: root}
	reader := tlog.TileHashReader(tree, dir)
	for first := int64(0); first < size; first += 256 {
		width := size - first
		if width > 256 {
			width = 256
		}
		data, err := dir.ReadTiles([]tlog.Tile{{H: 8, L: -1, N: first / 256, W: int(width)}})
		must(err)
		rest := data[0]
		for place := first; place < first+width; place++ {
			length := binary.BigEndian.Uint16(rest)
			leaf := rest[2 : 2+length]
			rest = rest[2+length:]
			proof, err := tlog.ProveRecord(size, place, reader)
			must(err)
			must(tlog.CheckRecord(proof, size, root, place, tlog.RecordHash(leaf)))
		}
	}
	old, err := strconv.ParseInt(os.Args[3], 10, 64)
	must(err)
	before, err := tlog.ParseHash(os.Args[4])
	must(err)
	proof, err := tlog.ProveTree(size, old, reader)
	must(err)
	must(tlog.CheckTree(proof, size, root, old, before))
	fmt.Println(size, "entries")
}

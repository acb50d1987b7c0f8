-- A small SIMRS Khanza for the tests: the types, defaults, keys and cascades of the real one, and
-- its lack of indexes. Tables and columns that nobody reads are there where one of Khanza's
-- operations writes them (hands.py). How installs differ from this one is said in installs.py.
-- No table has an index on a date, and referensi_mobilejkn_bpjs has none on no_rawat: neither have
-- most hospitals. A table stands after those that its foreign keys name.

CREATE TABLE pasien (
  no_rkm_medis varchar(15) NOT NULL,
  nm_pasien varchar(40) DEFAULT NULL,
  no_ktp varchar(20) DEFAULT NULL,
  tgl_daftar date DEFAULT NULL,
  no_tlp varchar(40) DEFAULT NULL,
  no_peserta varchar(25) DEFAULT NULL,
  PRIMARY KEY (no_rkm_medis)
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE reg_periksa (
  no_reg varchar(8) DEFAULT NULL,
  no_rawat varchar(17) NOT NULL,
  tgl_registrasi date DEFAULT NULL,
  jam_reg time DEFAULT NULL,
  kd_dokter varchar(20) DEFAULT NULL,
  no_rkm_medis varchar(15) DEFAULT NULL,
  kd_poli char(5) DEFAULT NULL,
  biaya_reg double DEFAULT NULL,
  stts enum('Belum','Sudah','Batal','Berkas Diterima','Dirujuk','Meninggal','Dirawat','Pulang Paksa') DEFAULT NULL,
  stts_daftar enum('-','Lama','Baru') NOT NULL,
  status_lanjut enum('Ralan','Ranap') NOT NULL,
  kd_pj char(3) NOT NULL,
  status_bayar enum('Sudah Bayar','Belum Bayar') NOT NULL,
  status_poli enum('Lama','Baru') NOT NULL,
  PRIMARY KEY (no_rawat),
  FOREIGN KEY (no_rkm_medis) REFERENCES pasien (no_rkm_medis) ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE poliklinik (
  kd_poli char(5) NOT NULL DEFAULT '',
  nm_poli varchar(50) DEFAULT NULL,
  PRIMARY KEY (kd_poli)
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE dokter (
  kd_dokter varchar(20) NOT NULL,
  nm_dokter varchar(50) DEFAULT NULL,
  PRIMARY KEY (kd_dokter)
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE penjab (
  kd_pj char(3) NOT NULL,
  png_jawab varchar(30) NOT NULL,
  PRIMARY KEY (kd_pj)
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE jadwal (
  kd_dokter varchar(20) NOT NULL,
  hari_kerja enum('SENIN','SELASA','RABU','KAMIS','JUMAT','SABTU','AKHAD') NOT NULL DEFAULT 'SENIN',
  jam_mulai time NOT NULL DEFAULT '00:00:00',
  jam_selesai time DEFAULT NULL,
  kd_poli char(5) DEFAULT NULL,
  kuota int(11) DEFAULT NULL,
  PRIMARY KEY (kd_dokter, hari_kerja, jam_mulai)
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE maping_poli_bpjs (
  kd_poli_rs varchar(5) NOT NULL,
  kd_poli_bpjs varchar(15) NOT NULL,
  nm_poli_bpjs varchar(40) NOT NULL,
  PRIMARY KEY (kd_poli_rs)
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE maping_dokter_dpjpvclaim (
  kd_dokter varchar(20) NOT NULL,
  kd_dokter_bpjs varchar(20) DEFAULT NULL,
  nm_dokter_bpjs varchar(50) DEFAULT NULL,
  PRIMARY KEY (kd_dokter)
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE referensi_mobilejkn_bpjs (
  nobooking varchar(15) NOT NULL,
  no_rawat varchar(17) DEFAULT NULL,
  nomorkartu varchar(25) DEFAULT NULL,
  nik varchar(30) DEFAULT NULL,
  nohp varchar(15) DEFAULT NULL,
  kodepoli varchar(15) DEFAULT NULL,
  pasienbaru enum('0','1') NOT NULL,
  norm varchar(15) DEFAULT NULL,
  tanggalperiksa date DEFAULT NULL,
  kodedokter varchar(20) DEFAULT NULL,
  jampraktek varchar(12) DEFAULT NULL,
  jeniskunjungan enum('1 (Rujukan FKTP)','2 (Rujukan Internal)','3 (Kontrol)','4 (Rujukan Antar RS)') DEFAULT NULL,
  nomorreferensi varchar(40) NOT NULL,
  nomorantrean varchar(15) NOT NULL,
  angkaantrean varchar(5) NOT NULL,
  estimasidilayani varchar(15) NOT NULL,
  sisakuotajkn int(11) NOT NULL,
  kuotajkn int(11) NOT NULL,
  sisakuotanonjkn int(11) NOT NULL,
  kuotanonjkn int(11) NOT NULL,
  status enum('Belum','Checkin','Batal','Gagal') NOT NULL,
  validasi datetime NOT NULL,
  statuskirim enum('Belum','Sudah') NOT NULL,
  PRIMARY KEY (nobooking),
  FOREIGN KEY (norm) REFERENCES pasien (no_rkm_medis) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE referensi_mobilejkn_bpjs_batal (
  no_rkm_medis varchar(15) NOT NULL,
  no_rawat_batal varchar(17) DEFAULT NULL,
  nomorreferensi varchar(40) NOT NULL,
  tanggalbatal datetime NOT NULL,
  keterangan varchar(200) DEFAULT NULL,
  statuskirim enum('Sudah','Belum') NOT NULL,
  nobooking varchar(15) NOT NULL,
  PRIMARY KEY (nobooking),
  FOREIGN KEY (nobooking) REFERENCES referensi_mobilejkn_bpjs (nobooking) ON DELETE CASCADE ON UPDATE CASCADE,
  FOREIGN KEY (no_rkm_medis) REFERENCES pasien (no_rkm_medis) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE referensi_mobilejkn_bpjs_taskid (
  no_rawat varchar(17) NOT NULL,
  taskid enum('1','2','3','4','5','6','7','99') NOT NULL,
  waktu datetime DEFAULT NULL,
  PRIMARY KEY (no_rawat, taskid),
  FOREIGN KEY (no_rawat) REFERENCES reg_periksa (no_rawat) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE mutasi_berkas (
  no_rawat varchar(17) NOT NULL,
  status enum('Belum','Sudah Dikirim','Sudah Diterima','Sudah Kembali','Tidak Ada','Masuk Ranap') DEFAULT NULL,
  dikirim datetime DEFAULT NULL,
  diterima datetime DEFAULT NULL,
  kembali datetime DEFAULT NULL,
  tidakada datetime DEFAULT NULL,
  ranap datetime NOT NULL,
  PRIMARY KEY (no_rawat),
  FOREIGN KEY (no_rawat) REFERENCES reg_periksa (no_rawat) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE pemeriksaan_ralan (
  no_rawat varchar(17) NOT NULL,
  tgl_perawatan date NOT NULL,
  jam_rawat time NOT NULL,
  keluhan varchar(2000) DEFAULT NULL,
  pemeriksaan varchar(2000) DEFAULT NULL,
  penilaian varchar(2000) NOT NULL,
  rtl varchar(2000) NOT NULL,
  instruksi varchar(2000) NOT NULL,
  evaluasi varchar(2000) NOT NULL,
  nip varchar(20) NOT NULL,
  PRIMARY KEY (no_rawat, tgl_perawatan, jam_rawat),
  FOREIGN KEY (no_rawat) REFERENCES reg_periksa (no_rawat) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE resep_obat (
  no_resep varchar(14) NOT NULL DEFAULT '',
  tgl_perawatan date DEFAULT NULL,
  jam time NOT NULL,
  no_rawat varchar(17) NOT NULL DEFAULT '',
  kd_dokter varchar(20) NOT NULL,
  tgl_peresepan date DEFAULT NULL,
  jam_peresepan time DEFAULT NULL,
  status enum('ralan','ranap') DEFAULT NULL,
  tgl_penyerahan date NOT NULL,
  jam_penyerahan time NOT NULL,
  PRIMARY KEY (no_resep),
  KEY no_rawat (no_rawat),
  FOREIGN KEY (no_rawat) REFERENCES reg_periksa (no_rawat) ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE resep_dokter_racikan (
  no_resep varchar(14) NOT NULL,
  no_racik varchar(2) NOT NULL,
  nama_racik varchar(100) NOT NULL,
  PRIMARY KEY (no_resep, no_racik)
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE bridging_sep (
  no_sep varchar(40) NOT NULL DEFAULT '',
  no_rawat varchar(17) DEFAULT NULL,
  tglsep date DEFAULT NULL,
  tglrujukan date DEFAULT NULL,
  no_rujukan varchar(40) DEFAULT NULL,
  jnspelayanan enum('1','2') DEFAULT NULL,
  kdpolitujuan varchar(15) DEFAULT NULL,
  nomr varchar(15) DEFAULT NULL,
  no_kartu varchar(25) DEFAULT NULL,
  asal_rujukan enum('1. Faskes 1','2. Faskes 2(RS)') NOT NULL,
  notelep varchar(40) NOT NULL,
  noskdp varchar(40) NOT NULL,
  kddpjp varchar(10) NOT NULL,
  kddpjplayanan varchar(10) NOT NULL,
  tujuankunjungan enum('0','1','2') NOT NULL,
  flagprosedur enum('','0','1') NOT NULL,
  penunjang enum('','1','2','3','4','5','6','7','8','9','10','11','12') NOT NULL,
  asesmenpelayanan enum('','1','2','3','4','5') NOT NULL,
  PRIMARY KEY (no_sep),
  KEY no_rawat (no_rawat),
  FOREIGN KEY (no_rawat) REFERENCES reg_periksa (no_rawat) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE bridging_sep_internal (
  no_sep varchar(40) NOT NULL DEFAULT '',
  no_rawat varchar(17) DEFAULT NULL,
  tglsep date DEFAULT NULL,
  tglrujukan date DEFAULT NULL,
  no_rujukan varchar(40) DEFAULT NULL,
  jnspelayanan enum('1','2') DEFAULT NULL,
  kdpolitujuan varchar(15) DEFAULT NULL,
  nomr varchar(15) DEFAULT NULL,
  no_kartu varchar(25) DEFAULT NULL,
  asal_rujukan enum('1. Faskes 1','2. Faskes 2(RS)') NOT NULL,
  notelep varchar(40) NOT NULL,
  noskdp varchar(40) NOT NULL,
  kddpjp varchar(10) NOT NULL,
  kddpjplayanan varchar(10) NOT NULL,
  tujuankunjungan enum('0','1','2') NOT NULL,
  flagprosedur enum('','0','1') NOT NULL,
  penunjang enum('','1','2','3','4','5','6','7','8','9','10','11','12') NOT NULL,
  asesmenpelayanan enum('','1','2','3','4','5') NOT NULL,
  KEY no_rawat (no_rawat),
  KEY no_sep (no_sep),
  FOREIGN KEY (no_rawat) REFERENCES reg_periksa (no_rawat) ON DELETE CASCADE ON UPDATE CASCADE,
  FOREIGN KEY (no_sep) REFERENCES bridging_sep (no_sep) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE bridging_surat_kontrol_bpjs (
  no_sep varchar(40) DEFAULT NULL,
  tgl_surat date NOT NULL,
  no_surat varchar(40) NOT NULL,
  tgl_rencana date DEFAULT NULL,
  kd_dokter_bpjs varchar(20) DEFAULT NULL,
  nm_dokter_bpjs varchar(50) DEFAULT NULL,
  kd_poli_bpjs varchar(15) DEFAULT NULL,
  nm_poli_bpjs varchar(40) DEFAULT NULL,
  PRIMARY KEY (no_surat),
  KEY no_sep (no_sep),
  FOREIGN KEY (no_sep) REFERENCES bridging_sep (no_sep) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE password_asuransi (
  kd_pj char(3) NOT NULL,
  usere varchar(700) NOT NULL,
  passworde varchar(700) NOT NULL,
  PRIMARY KEY (kd_pj)
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE setting (
  nama_instansi varchar(60) NOT NULL DEFAULT '',
  alamat_instansi varchar(150) DEFAULT NULL,
  kode_ppk varchar(15) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

-- What nobody reads, and Khanza's operations write: each of these is a reason for a visit not to
-- be deleted, or goes with it.

CREATE TABLE rawat_jl_dr (
  no_rawat varchar(17) NOT NULL,
  kd_jenis_prw varchar(15) NOT NULL,
  kd_dokter varchar(20) NOT NULL,
  tgl_perawatan date NOT NULL,
  jam_rawat time NOT NULL,
  PRIMARY KEY (no_rawat, kd_jenis_prw, kd_dokter, tgl_perawatan, jam_rawat),
  FOREIGN KEY (no_rawat) REFERENCES reg_periksa (no_rawat) ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE rawat_jl_pr (
  no_rawat varchar(17) NOT NULL,
  kd_jenis_prw varchar(15) NOT NULL,
  nip varchar(20) NOT NULL,
  tgl_perawatan date NOT NULL,
  jam_rawat time NOT NULL,
  PRIMARY KEY (no_rawat, kd_jenis_prw, nip, tgl_perawatan, jam_rawat),
  FOREIGN KEY (no_rawat) REFERENCES reg_periksa (no_rawat) ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE rawat_jl_drpr (
  no_rawat varchar(17) NOT NULL,
  kd_jenis_prw varchar(15) NOT NULL,
  kd_dokter varchar(20) NOT NULL,
  nip varchar(20) NOT NULL,
  tgl_perawatan date NOT NULL,
  jam_rawat time NOT NULL,
  PRIMARY KEY (no_rawat, kd_jenis_prw, kd_dokter, nip, tgl_perawatan, jam_rawat),
  FOREIGN KEY (no_rawat) REFERENCES reg_periksa (no_rawat) ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE diagnosa_pasien (
  no_rawat varchar(17) NOT NULL,
  kd_penyakit varchar(15) NOT NULL,
  status enum('Ralan','Ranap') NOT NULL,
  PRIMARY KEY (no_rawat, kd_penyakit, status),
  FOREIGN KEY (no_rawat) REFERENCES reg_periksa (no_rawat) ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE periksa_lab (
  no_rawat varchar(17) NOT NULL,
  kd_jenis_prw varchar(15) NOT NULL,
  tgl_periksa date NOT NULL,
  jam time NOT NULL,
  PRIMARY KEY (no_rawat, kd_jenis_prw, tgl_periksa, jam),
  FOREIGN KEY (no_rawat) REFERENCES reg_periksa (no_rawat) ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE permintaan_lab (
  noorder varchar(15) NOT NULL,
  no_rawat varchar(17) NOT NULL,
  tgl_permintaan date NOT NULL,
  jam_permintaan time NOT NULL,
  tgl_sampel date NOT NULL,
  jam_sampel time NOT NULL,
  PRIMARY KEY (noorder),
  KEY no_rawat (no_rawat),
  FOREIGN KEY (no_rawat) REFERENCES reg_periksa (no_rawat) ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE permintaan_radiologi (
  noorder varchar(15) NOT NULL,
  no_rawat varchar(17) NOT NULL,
  tgl_permintaan date NOT NULL,
  jam_permintaan time NOT NULL,
  tgl_sampel date NOT NULL,
  jam_sampel time NOT NULL,
  PRIMARY KEY (noorder),
  KEY no_rawat (no_rawat),
  FOREIGN KEY (no_rawat) REFERENCES reg_periksa (no_rawat) ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE resep_dokter (
  no_resep varchar(14) DEFAULT NULL,
  kode_brng varchar(15) DEFAULT NULL,
  jml double DEFAULT NULL,
  KEY no_resep (no_resep),
  FOREIGN KEY (no_resep) REFERENCES resep_obat (no_resep) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE detail_pemberian_obat (
  tgl_perawatan date NOT NULL,
  jam time NOT NULL,
  no_rawat varchar(17) NOT NULL,
  kode_brng varchar(15) NOT NULL,
  PRIMARY KEY (tgl_perawatan, jam, no_rawat, kode_brng),
  KEY no_rawat (no_rawat),
  FOREIGN KEY (no_rawat) REFERENCES reg_periksa (no_rawat) ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE billing (
  noindex int(11) NOT NULL,
  no_rawat varchar(17) NOT NULL,
  tgl_byr date DEFAULT NULL,
  PRIMARY KEY (no_rawat, noindex),
  FOREIGN KEY (no_rawat) REFERENCES reg_periksa (no_rawat) ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE nota_jalan (
  no_rawat varchar(17) NOT NULL,
  no_nota varchar(17) DEFAULT NULL,
  tanggal date DEFAULT NULL,
  jam time DEFAULT NULL,
  PRIMARY KEY (no_rawat),
  FOREIGN KEY (no_rawat) REFERENCES reg_periksa (no_rawat) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE kamar_inap (
  no_rawat varchar(17) NOT NULL,
  kd_kamar varchar(15) NOT NULL,
  tgl_masuk date NOT NULL,
  jam_masuk time NOT NULL,
  stts_pulang varchar(30) NOT NULL,
  PRIMARY KEY (no_rawat, tgl_masuk, jam_masuk),
  FOREIGN KEY (no_rawat) REFERENCES reg_periksa (no_rawat) ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE rujukan_internal_poli (
  no_rawat varchar(17) DEFAULT NULL,
  kd_dokter varchar(20) DEFAULT NULL,
  kd_poli char(5) DEFAULT NULL,
  KEY no_rawat (no_rawat),
  FOREIGN KEY (no_rawat) REFERENCES reg_periksa (no_rawat) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE booking_registrasi (
  no_rkm_medis varchar(15) NOT NULL,
  tanggal_periksa date NOT NULL,
  kd_poli varchar(5) DEFAULT NULL,
  status enum('Terdaftar','Belum','Batal','Dokter Berhalangan') DEFAULT NULL,
  PRIMARY KEY (no_rkm_medis, tanggal_periksa),
  FOREIGN KEY (no_rkm_medis) REFERENCES pasien (no_rkm_medis) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE antripoli (
  kd_dokter varchar(20) DEFAULT NULL,
  kd_poli char(5) DEFAULT NULL,
  status enum('0','1') DEFAULT NULL,
  no_rawat varchar(17) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE antriapotek2 (
  no_resep varchar(14) DEFAULT NULL,
  status enum('0','1') DEFAULT NULL,
  no_rawat varchar(17) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE antriapotek3 (
  no_resep varchar(14) DEFAULT NULL,
  status enum('0','1') DEFAULT NULL,
  no_rawat varchar(17) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE bukti_penyerahan_resep_obat (
  no_resep varchar(14) NOT NULL,
  photo varchar(500) DEFAULT NULL,
  PRIMARY KEY (no_resep),
  FOREIGN KEY (no_resep) REFERENCES resep_obat (no_resep) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

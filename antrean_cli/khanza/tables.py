"""Which tables and columns of SIMRS Khanza are read (khanza/README.md, Tables read).

The check of the schema and the sample hospital are both made from these tables.
"""

# Read for antrean farmasi only.
RACIKAN = "resep_dokter_racikan"
# Read for tasks 1 and 2 only, where a source names it: of the SMC fork alone.
TICKETS = "antriloketcetak_smc"
# The SEPs of a day's second clinic; older installs lack it.
SEP, SEP_INTERNAL = "bridging_sep", "bridging_sep_internal"
SURAT_KONTROL = "bridging_surat_kontrol_bpjs"
# Where Khanza's own sender notes its tasks; old installs lack it, and nothing depends on it.
OWN_SENDER = "referensi_mobilejkn_bpjs_taskid"

_OF_SEPS = (
    "no_sep", "no_rawat", "no_rujukan", "noskdp", "asal_rujukan", "jnspelayanan",
    "tujuankunjungan", "flagprosedur", "penunjang", "asesmenpelayanan", "no_kartu",
    "notelep", "kdpolitujuan", "kddpjp", "nomr",
)  # fmt: skip
TABLES: dict[str, tuple[str, ...]] = {
    "reg_periksa": (
        "no_rawat", "no_reg", "tgl_registrasi", "jam_reg", "kd_dokter", "no_rkm_medis",
        "kd_poli", "stts", "stts_daftar", "status_lanjut", "kd_pj", "status_bayar",
    ),
    "pasien": ("no_rkm_medis", "nm_pasien", "no_ktp", "no_tlp", "no_peserta"),
    "poliklinik": ("kd_poli", "nm_poli"),
    "dokter": ("kd_dokter", "nm_dokter"),
    "jadwal": ("kd_dokter", "hari_kerja", "jam_mulai", "jam_selesai", "kd_poli", "kuota"),
    "maping_poli_bpjs": ("kd_poli_rs", "kd_poli_bpjs", "nm_poli_bpjs"),
    "maping_dokter_dpjpvclaim": ("kd_dokter", "kd_dokter_bpjs", "nm_dokter_bpjs"),
    "referensi_mobilejkn_bpjs": (
        "nobooking", "no_rawat", "nomorkartu", "nik", "nohp", "kodepoli", "pasienbaru", "norm",
        "tanggalperiksa", "kodedokter", "jampraktek", "jeniskunjungan", "nomorreferensi",
        "nomorantrean", "angkaantrean", "estimasidilayani", "sisakuotajkn", "kuotajkn",
        "sisakuotanonjkn", "kuotanonjkn", "status", "validasi",
    ),
    "referensi_mobilejkn_bpjs_batal": ("nobooking", "no_rawat_batal", "keterangan", "statuskirim"),
    "mutasi_berkas": ("no_rawat", "dikirim", "diterima", "kembali", "ranap"),
    "pemeriksaan_ralan": ("no_rawat", "tgl_perawatan", "jam_rawat", "nip"),
    "resep_obat": (
        "no_resep", "no_rawat", "tgl_peresepan", "jam_peresepan", "tgl_perawatan", "jam",
        "tgl_penyerahan", "jam_penyerahan", "status",
    ),
    RACIKAN: ("no_resep",),
    SEP: _OF_SEPS,
    SURAT_KONTROL: ("no_surat", "no_sep", "tgl_rencana", "kd_poli_bpjs"),
    "password_asuransi": ("kd_pj",),
    "setting": ("kode_ppk",),
}  # fmt: skip
# What some installs have and others lack: it is read where all of these columns are there. Tickets
# are read where a setting names them, and have to be there then.
OPTIONAL: dict[str, tuple[str, ...]] = {
    TICKETS: ("nomor", "tanggal", "jam", "jam_panggil", "no_rawat", "no_rkm_medis"),
    SEP_INTERNAL: tuple(column for column in _OF_SEPS if column != "nomr"),
    SURAT_KONTROL: ("jenis",),  # a control visit, or an admission that is planned
}
